//! What a newcomer runs first works.

use std::process::Command;

use anyhow::{Result, ensure};

#[test]
fn the_demo_tells_its_story_and_ends() -> Result<()> {
    let output = Command::new(env!("CARGO_BIN_EXE_demo")).arg("--once").output()?;

    let told = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    ensure!(told.contains("positive") && told.contains("negative"), "{told}");
    Ok(())
}
