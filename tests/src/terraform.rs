//! What a story may say to Terraform: it applies `terraform/examples/complete` to the local AWS.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::{part::command, stack::root};

const EXAMPLE: &str = "terraform/examples/complete";
/// ministack returns neither description nor actions nor the treatment of missing data of an alarm, so that
/// Terraform always finds them missing.
const FORGOTTEN_BY_MINISTACK: [&str; 2] =
    ["aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"];

/// Terraform, with its state in a story's own folder.
#[derive(Debug)]
pub struct Terraform {
    data: PathBuf,
    aws_url: String,
}

impl Terraform {
    pub(crate) fn new(dir: &Path, aws_url: &str) -> Self {
        Self { data: dir.join("terraform"), aws_url: aws_url.to_owned() }
    }

    /// Makes everything. Most of the time Terraform waits until it believes that a queue is there.
    pub(crate) fn apply(&self) -> Result<()> {
        std::fs::create_dir_all(&self.data)?;
        said(self.in_environment("terraform/init").arg(EXAMPLE))?;
        self.run(&["apply", "-auto-approve"]).map(drop)
    }

    /// The addresses of what Terraform would change if it were applied again.
    pub fn plan(&self) -> Result<Vec<String>> {
        #[derive(Deserialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        enum Line {
            PlannedChange {
                change: Change,
            },
            #[serde(other)]
            Other,
        }
        #[derive(Deserialize)]
        struct Change {
            resource: Resource,
        }
        #[derive(Deserialize)]
        struct Resource {
            addr: String,
            resource_type: String,
        }
        let plan = self.run(&["plan", "-json"])?;
        let lines: Vec<Line> = plan.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        ensure!(lines.len() > 1, "a plan says something");
        let changed = lines.into_iter().filter_map(|line| match line {
            Line::PlannedChange { change } => Some(change.resource),
            Line::Other => None,
        });
        let changed = changed.filter(|it| !FORGOTTEN_BY_MINISTACK.contains(&&*it.resource_type));
        Ok(changed.map(|resource| resource.addr).collect())
    }

    /// One of the outputs.
    pub fn output(&self, name: &str) -> Result<Value> {
        let state = format!("-state={}", self.state());
        let output = said(self.terraform().args(["output", "-json", &state, name]))?;
        serde_json::from_str(&output).context("an output is JSON")
    }

    /// Removes everything again.
    pub fn destroy(&self) -> Result<()> {
        self.run(&["destroy", "-auto-approve"]).map(drop)
    }

    fn run(&self, arguments: &[&str]) -> Result<String> {
        let state = format!("-state={}", self.state());
        let common =
            ["-input=false", "-no-color", "-parallelism=40", "-var-file=local.tfvars", &state];
        said(self.terraform().args(arguments).args(common))
    }

    fn state(&self) -> String {
        self.data.join("made.tfstate").display().to_string()
    }

    fn terraform(&self) -> Command {
        let mut terraform = self.in_environment("terraform");
        terraform.current_dir(root().join(EXAMPLE));
        terraform
    }

    fn in_environment(&self, program: &str) -> Command {
        let mut command = command(program);
        command.current_dir(root()).envs([
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_ENDPOINT_URL", &self.aws_url),
            ("TF_CLI_CONFIG_FILE", "/dev/null"),
        ]);
        command.env("TF_DATA_DIR", &self.data);
        // Which Terraform, and where its provider is, is the machine's to say.
        let theirs = ["PATH", "HOME", "TF_PLUGIN_DIR"];
        command.envs(theirs.iter().filter_map(|key| Some((key, std::env::var_os(key)?))));
        command
    }
}

fn said(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} ended with {}: {complaint}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}
