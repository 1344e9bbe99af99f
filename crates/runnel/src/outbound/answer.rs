//! A response as it comes in → an answer of bounded size, read in bounded time.

use super::Answer;
use bytes::{Bytes, BytesMut};
use http::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::Instant;

/// Reads until the end, `most` bytes or `deadline`, whichever comes first. The head is there already,
/// so a body that ends too early or never makes the answer *cut*, not failed.
pub(super) async fn read(
    response: Response<Incoming>,
    most: usize,
    began: Instant,
    deadline: Instant,
) -> Answer {
    let (head, mut incoming) = response.into_parts();
    let mut body = BytesMut::new();
    let cut = loop {
        match tokio::time::timeout_at(deadline, incoming.frame()).await {
            Ok(None) => break false,
            Ok(Some(Ok(frame))) => {
                let data = frame.into_data().unwrap_or_else(|_| Bytes::new());
                let room = most - body.len();
                body.extend_from_slice(&data[..data.len().min(room)]);
                if data.len() > room {
                    break true;
                }
            }
            Ok(Some(Err(_))) | Err(_) => break true,
        }
    };
    let (status, headers) = (head.status, head.headers);
    Answer { status, headers, body: body.freeze(), cut, took: began.elapsed() }
}
