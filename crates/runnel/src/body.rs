//! A request's body → bytes, within a size and a time.
//! Promise: whoever sends nothing, too slowly, or no end of it, is let go.

use axum::body::{Body, Bytes};
use http::StatusCode;
use http_body_util::LengthLimitError;
use std::time::Duration;

/// How long a whole body may take.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Longer than allowed.
    TooLarge,
    /// It did not arrive in time.
    Late,
    /// It broke off, or is no HTTP body.
    Broken,
}

impl Unread {
    /// The status of its answer.
    pub fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Late => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }
}

/// Reads a body of at most `most_bytes`, for at most `patience`.
/// # Errors
/// It is too large, too slow, or breaks off.
pub async fn read(body: Body, most_bytes: usize, patience: Duration) -> Result<Bytes, Unread> {
    let reading = axum::body::to_bytes(body, most_bytes);
    let read = tokio::time::timeout(patience, reading).await.map_err(|_| Unread::Late)?;
    read.map_err(|error| {
        let too_large = error.into_inner().is::<LengthLimitError>();
        if too_large { Unread::TooLarge } else { Unread::Broken }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    /// A body that never gets further, or breaks off.
    struct Stuck {
        breaks: bool,
    }

    impl hyper::body::Body for Stuck {
        type Data = Bytes;
        type Error = io::Error;
        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, io::Error>>> {
            let cut = || Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
            if self.breaks { cut() } else { Poll::Pending }
        }
    }

    #[tokio::test]
    async fn size_time_and_breaks_are_told_apart() {
        let read_all = |body| read(body, 4, Duration::from_secs(60));
        assert_eq!(read_all(Body::from("four")).await, Ok(Bytes::from("four")));
        assert_eq!(read_all(Body::from("fives")).await, Err(Unread::TooLarge));
        assert_eq!(read_all(Body::new(Stuck { breaks: true })).await, Err(Unread::Broken));
        let silent = Body::new(Stuck { breaks: false });
        assert_eq!(read(silent, 4, Duration::ZERO).await, Err(Unread::Late));
    }
}
