//! What the parts complained about.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

/// What Directus says at every start, on SQLite and on PostgreSQL.
const KNOWN: [&str; 2] = ["Spatialite isn't installed", "PostGIS isn't installed"];

/// The WARN and ERROR lines in the logs of a stack that contain none of the announced texts.
pub(crate) fn complaints(dir: &Path, announced: &[String]) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "log") {
            continue;
        }
        let part = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let lines = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        let is_expected = |line: &str| {
            KNOWN.iter().any(|known| line.contains(known))
                || announced.iter().any(|text| line.contains(text))
        };
        let unexpected = lines.lines().filter(|line| is_complaint(line) && !is_expected(line));
        complaints.extend(unexpected.map(|line| format!("{part}: {line}")));
    }
    Ok(complaints)
}

/// The sidecar writes a level's name and Directus (pino) its number, both in JSON; ministack writes text.
fn is_complaint(line: &str) -> bool {
    const PINO_WARN: u64 = 40;
    match serde_json::from_str::<Value>(line) {
        Ok(record) => match &record["level"] {
            Value::Number(level) => level.as_u64() >= Some(PINO_WARN),
            level => level == "WARN" || level == "ERROR",
        },
        Err(_) => ["WARN", "ERROR", "panicked", "Traceback"].iter().any(|word| line.contains(word)),
    }
}

#[cfg(test)]
mod tests {
    use super::is_complaint;

    #[test]
    fn a_complaint_is_recognised_in_every_dialect() {
        assert!(is_complaint(r#"{"level":"WARN","message":"cannot publish"}"#));
        assert!(is_complaint(r#"{"level":50,"msg":"cannot save"}"#));
        assert!(is_complaint("2026-11-21 12:53:12 ERROR [sqs] no such queue"));
        assert!(is_complaint("thread 'main' panicked at src/main.rs:1"));

        assert!(!is_complaint(r#"{"level":"INFO","message":"0 errors, no ERROR"}"#));
        assert!(!is_complaint(r#"{"level":30,"msg":"Server started"}"#));
    }
}
