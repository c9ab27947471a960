//! Reads the folder of schemas.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

use crate::{
    catalogue::Example,
    contract::{ContractName, Document},
    event::EventType,
};

/// Reads `envelope.json` and every `<eventType>/<version>.json`.
pub fn read_documents(folder: &Path) -> Result<Vec<Document>, Vec<String>> {
    let mut problems = Vec::new();
    let mut documents = Vec::new();
    for (path, of) in contract_files(folder).map_err(|error| vec![error])? {
        match (of, fs::read_to_string(&path)) {
            (Ok(of), Ok(text)) => documents.push(Document { of, text }),
            (Err(problem), _) => problems.push(format!("{}: {problem}", path.display())),
            (_, Err(error)) => problems.push(format!("{}: {error}", path.display())),
        }
    }
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

/// Reads the valid examples beside the schemas, if there are any.
pub fn read_examples(folder: &Path) -> Result<Vec<Example>, Vec<String>> {
    let folder = folder.join(EXAMPLES).join("valid");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut examples = BTreeMap::new();
    for file in list(&folder).map_err(|problem| vec![problem])? {
        let wrong = |error: &dyn fmt::Display| vec![format!("{}: {error}", file.path().display())];
        let text = fs::read_to_string(file.path()).map_err(|error| wrong(&error))?;
        let event = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
        examples.insert(file.path(), Example { event, text });
    }
    Ok(examples.into_values().collect())
}

/// The folder beside the schemas that holds none.
const EXAMPLES: &str = "examples";

fn list(folder: &Path) -> Result<Vec<fs::DirEntry>, String> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect);
    entries.map_err(|error| format!("{}: {error}", folder.display()))
}

type ContractFiles = BTreeMap<PathBuf, Result<ContractName, String>>;

fn contract_files(folder: &Path) -> Result<ContractFiles, String> {
    let mut files = BTreeMap::new();
    files.insert(folder.join("envelope.json"), Ok(ContractName::Envelope));
    for entry in list(folder)? {
        let event_type = entry.file_name().to_string_lossy().into_owned();
        if !entry.path().is_dir() || event_type == EXAMPLES {
            continue;
        }
        for file in list(&entry.path())? {
            files.insert(file.path(), contract_name(&event_type, &file.path()));
        }
    }
    Ok(files)
}

fn contract_name(event_type: &str, file: &Path) -> Result<ContractName, String> {
    let event_type =
        EventType::try_from(event_type.to_owned()).map_err(|error| error.to_string())?;
    let version = file.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
    match (version, file.extension()) {
        (Some(version), Some(extension)) if extension == "json" => {
            Ok(ContractName::Data(event_type, version))
        }
        _ => Err("a contract's file is named after its version, such as 1.json".to_owned()),
    }
}
