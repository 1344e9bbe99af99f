//! What a receiver may do to us: endless, slow, half-open, redirecting, broken and secret-laden answers.

use super::receiver::{Receiver, read_head};
use super::{call, door, get};
use runnel::outbound::{Call, Failed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

const SOON: Duration = Duration::from_millis(300);
const ANY: &str = "127.0.0.1:0";

fn impatient(url: &str) -> Call {
    Call { timeout: SOON, ..call(url) }
}

#[tokio::test]
async fn an_endless_answer_is_cut_at_its_limit() {
    let receiver = Receiver::at(ANY, |mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'a'; 8192]).await.is_ok() {}
    })
    .await;
    let answer = get(&door(&["127.0.0.1"], &[]), &receiver.url("/")).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len(), answer.cut), (200, 1024, true));
}

#[tokio::test]
async fn an_answer_of_exactly_the_limit_is_whole() {
    let receiver = Receiver::saying(ANY, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await;
    let door = door(&["127.0.0.1"], &[]);
    for (most, expected, cut) in [(5, "hello", false), (4, "hell", true), (0, "", true)] {
        let call = Call { answer_bytes_max: most, ..call(&receiver.url("/")) };
        let answer = door.call(call).await.unwrap();
        assert_eq!((&answer.body[..], answer.cut), (expected.as_bytes(), cut));
    }
}

#[tokio::test]
async fn a_dripping_body_is_cut_when_its_time_is_over() {
    let receiver = Receiver::at(ANY, |mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(b".").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let answer = door(&["127.0.0.1"], &[]).call(impatient(&receiver.url("/"))).await.unwrap();
    assert!(answer.cut && answer.status == 200);
    assert!(answer.body.iter().all(|byte| *byte == b'.'));
}

#[tokio::test]
async fn who_never_answers_and_who_drips_the_head_run_into_the_timeout() {
    let silent = Receiver::at(ANY, |stream| async move {
        let _kept = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let dripping = Receiver::at(ANY, |mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nx-long: ").await;
        while stream.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let door = door(&["127.0.0.1"], &[]);
    for receiver in [silent, dripping] {
        let failed = door.call(impatient(&receiver.url("/?token=canary"))).await.unwrap_err();
        assert_eq!(failed.to_string(), "127.0.0.1 did not answer within 300 ms");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let target = Receiver::polite(ANY).await;
    let location = target.url("/inside");
    let receiver = Receiver::at(ANY, move |mut stream| {
        let text =
            format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(text.as_bytes()).await;
        }
    })
    .await;
    let answer = get(&door(&["127.0.0.1"], &[]), &receiver.url("/")).await.unwrap();
    assert_eq!(answer.status, 302);
    assert_eq!(answer.headers["location"], target.url("/inside"));
    assert_eq!(target.accepted(), 0);
}

#[tokio::test]
async fn endless_heads_and_gibberish_are_refused() {
    let endless = Receiver::at(ANY, |mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while stream.write_all(b"x-more: and more and more and more\r\n").await.is_ok() {}
    })
    .await;
    let gibberish = Receiver::saying(ANY, "SSH-2.0-OpenSSH_9.9\r\n").await;
    let closing = Receiver::saying(ANY, "").await;
    let door = door(&["127.0.0.1"], &[]);
    for receiver in [endless, gibberish, closing] {
        let failed = get(&door, &receiver.url("/?token=canary")).await.unwrap_err();
        assert!(matches!(failed, Failed::Broken { .. }), "{failed}");
        assert!(!format!("{failed} {failed:?}").contains("canary"));
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_still_gives_the_status() {
    let receiver =
        Receiver::saying(ANY, "HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\nhalf").await;
    let answer = get(&door(&["127.0.0.1"], &[]), &receiver.url("/")).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..], answer.cut), (500, &b"half"[..], true));
}

#[tokio::test]
async fn a_closed_port_is_named() {
    let free = std::net::TcpListener::bind(ANY).unwrap().local_addr().unwrap();
    let (door, url) = (door(&["127.0.0.1"], &[]), format!("http://{free}/?token=canary"));
    let failed = get(&door, &url).await.unwrap_err();
    assert!(matches!(failed, Failed::Connect { .. }), "{failed}");
    assert!(failed.to_string().contains(&free.to_string()), "{failed}");
    assert!(!failed.to_string().contains("canary"));
}

#[tokio::test]
async fn only_http_and_https_are_called() {
    let door = door(&["127.0.0.1"], &[]);
    for url in ["ftp://127.0.0.1/", "file:///etc/passwd", "javascript:alert(1)", "data:,x"] {
        assert!(matches!(get(&door, url).await, Err(Failed::Url { .. })), "{url}");
    }
}

#[tokio::test]
async fn a_user_name_goes_into_a_header_and_the_fragment_nowhere() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = seen.clone();
    let receiver = Receiver::at(ANY, move |mut stream| {
        let kept = kept.clone();
        async move {
            *kept.lock().unwrap() = read_head(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        }
    })
    .await;
    let url = format!("http://me:p%40ss@{}/path?a=b#fragment", receiver.address);
    get(&door(&["127.0.0.1"], &[]), &url).await.unwrap();
    let head = seen.lock().unwrap().clone();
    assert_eq!(head[0], "GET /path?a=b HTTP/1.1");
    // base64 of "me:p@ss".
    assert!(head.contains(&"authorization: Basic bWU6cEBzcw==".to_owned()), "{head:?}");
    assert!(head.contains(&format!("host: {}", receiver.address)), "{head:?}");
}
