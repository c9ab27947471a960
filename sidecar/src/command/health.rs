//! `sidecar health`: whether the sidecar beside this process lives, for a container that holds no other
//! program to ask with.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context as _, ensure};

use crate::config::Config;

/// Whoever lives answers at once.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Fails unless the sidecar of this configuration answers. Alive is enough: one that waits for AWS or
/// Directus would not be mended by being started afresh.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    ask(config.settings.server.listen).await
}

async fn ask(listen: SocketAddr) -> anyhow::Result<()> {
    let url = format!("http://{}/livez", reachable(listen));
    let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build()?;
    let answer = http.get(&url).send().await.with_context(|| format!("no answer from {url}"))?;
    ensure!(answer.status().is_success(), "{url} answers {}", answer.status());
    Ok(())
}

/// Nobody can be reached at an address that stands for all.
fn reachable(mut listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() {
        listen.set_ip(match listen.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    listen
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

    use super::*;

    #[rstest]
    #[case::well(200, true)]
    #[case::ill(500, false)]
    #[tokio::test]
    async fn whoever_answers_lives(#[case] status: u16, #[case] lives: bool) {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status);
        Mock::given(path("/livez")).respond_with(answer).mount(&server).await;

        assert_eq!(ask(*server.address()).await.is_ok(), lives);
    }

    #[tokio::test]
    async fn where_nobody_listens_nobody_lives() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);

        ask(address).await.unwrap_err();
    }

    #[rstest]
    #[case("0.0.0.0:8080", "127.0.0.1:8080")]
    #[case("[::]:8080", "[::1]:8080")]
    #[case("10.0.0.7:8080", "10.0.0.7:8080")]
    fn it_asks_at_an_address_that_can_be_reached(
        #[case] listen: SocketAddr,
        #[case] expected: SocketAddr,
    ) {
        assert_eq!(reachable(listen), expected);
    }
}
