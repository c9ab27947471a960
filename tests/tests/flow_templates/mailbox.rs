//! Takes the mails that Directus sends.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Result;
use e2e::eventually;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::Mutex,
    task::JoinSet,
};

/// A mail server that keeps what it is given; dropping it closes it.
pub(super) struct Mailbox {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<Mail>>>,
    _server: JoinSet<()>,
}

/// One mail.
#[derive(Debug, Clone, Default)]
pub(super) struct Mail {
    /// Everybody who gets it, hidden or not.
    pub(super) to: Vec<String>,
    /// Its head and body, with the lines that were broken on the way made whole.
    pub(super) text: String,
}

impl Mailbox {
    /// Opens one on a free port.
    pub(super) async fn open() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let mails = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&mails);
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut conversations = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                // A sender that hangs up in mid-sentence has sent nothing.
                conversations.spawn(converse(connection, Arc::clone(&kept)));
            }
        });
        Ok(Self { address, mails, _server: server })
    }

    /// Where it listens.
    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Waits for a mail to somebody that speaks of something, and takes it out.
    pub(super) async fn mail(&self, to: &str, about: &str) -> Result<Mail> {
        eventually(format!("a mail to {to} about {about:?}"), async || {
            let mut mails = self.mails.lock().await;
            let is_it =
                |mail: &Mail| mail.to.iter().any(|it| it == to) && mail.text.contains(about);
            Ok(mails.iter().position(is_it).map(|index| mails.remove(index)))
        })
        .await
    }

    /// Takes out all that nobody waited for.
    pub(super) async fn rest(&self) -> Vec<Mail> {
        std::mem::take(&mut *self.mails.lock().await)
    }
}

async fn converse(mut connection: TcpStream, kept: Arc<Mutex<Vec<Mail>>>) -> Result<()> {
    let (reader, mut writer) = connection.split();
    let mut lines = BufReader::new(reader).lines();
    let mut mail = Mail::default();
    writer.write_all(b"220 mailbox\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let answer: &[u8] = match line.to_ascii_uppercase() {
            said if said.starts_with("RCPT TO:") => {
                let recipient = line["RCPT TO:".len()..].trim();
                mail.to.push(recipient.trim_matches(['<', '>']).to_owned());
                b"250 ok\r\n"
            }
            said if said == "DATA" => {
                writer.write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    text.push_str(&line);
                    text.push('\n');
                }
                mail.text = whole(&text);
                kept.lock().await.push(std::mem::take(&mut mail));
                b"250 ok\r\n"
            }
            said if said == "QUIT" => {
                writer.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"250 ok\r\n",
        };
        writer.write_all(answer).await?;
    }
    Ok(())
}

/// Undoes what a mail does to long lines and to `=`.
fn whole(text: &str) -> String {
    text.replace("=\n", "").replace("=3D", "=")
}
