//! The body of a request, bounded.

use axum::body::{Body, Bytes};
use futures_util::StreamExt as _;

use crate::outbound::refused::Refused;

/// What is read beyond the bound, and thrown away: a client that is still sending when the connection
/// closes hears no refusal, only that its connection broke.
const DISCARDED_BYTES_MAX: usize = 10_000_000;

/// Reads at most `bytes_max` bytes; a longer body is refused.
pub async fn read(body: Body, bytes_max: usize) -> Result<Bytes, Refused> {
    let mut chunks = body.into_data_stream();
    let (mut kept, mut bytes) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refused::undecodable("the body ended early"))?;
        bytes += chunk.len();
        if bytes <= bytes_max {
            kept.extend_from_slice(&chunk);
        } else if bytes - bytes_max > DISCARDED_BYTES_MAX {
            break;
        } else {
            kept = Vec::new();
        }
    }
    if bytes > bytes_max {
        return Err(Refused::too_large(&format!("{bytes_max} bytes")));
    }
    Ok(kept.into())
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use axum::{http::StatusCode, response::IntoResponse as _};
    use futures_util::stream;

    use super::*;

    const CHUNK: usize = 1_000_000;

    /// A body of so many chunks, and how many of them were read.
    fn body(chunks: usize) -> (Body, Arc<AtomicUsize>) {
        let read = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&read);
        let chunks = stream::iter(0..chunks).map(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(vec![b'x'; CHUNK])
        });
        (Body::from_stream(chunks), read)
    }

    #[tokio::test]
    async fn a_body_of_the_greatest_length_is_taken() {
        let (body, _) = body(2);

        assert_eq!(read(body, 2 * CHUNK).await.unwrap().len(), 2 * CHUNK);
    }

    #[tokio::test]
    async fn a_longer_body_is_refused_after_it_was_heard_out() {
        let (body, chunks_read) = body(4);

        let refused = read(body, 2 * CHUNK).await.unwrap_err();

        assert_eq!(refused.into_response().status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(chunks_read.load(Ordering::Relaxed), 4);
    }

    #[tokio::test]
    async fn nobody_is_heard_out_for_ever() {
        let (body, chunks_read) = body(1_000);

        assert!(read(body, CHUNK).await.is_err());
        assert_eq!(chunks_read.load(Ordering::Relaxed), 1 + 10 + 1);
    }
}
