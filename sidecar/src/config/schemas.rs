//! Reads the folder of schemas.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
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

type ContractFiles = BTreeMap<PathBuf, Result<ContractName, String>>;

fn contract_files(folder: &Path) -> Result<ContractFiles, String> {
    const EXAMPLES: &str = "examples";
    let list = |folder: &Path| {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        entries.map_err(|error| format!("{}: {error}", folder.display()))
    };
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
