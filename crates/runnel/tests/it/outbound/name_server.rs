//! A real DNS server on UDP that answers what a test tells it to, lies included.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// What is said about a name.
#[derive(Clone, Debug)]
pub enum Said {
    /// It has this address.
    At(IpAddr),
    /// It is another name, of which the next answers speak.
    Is(&'static str),
    /// No such name.
    Nothing,
}

/// `(name, how often it was asked for before) → answers`.
type Script = dyn Fn(&str, usize) -> Vec<Said> + Send + Sync;

/// Answers until it is dropped.
pub struct NameServer {
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl NameServer {
    pub async fn start(script: impl Fn(&str, usize) -> Vec<Said> + Send + Sync + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let task = tokio::spawn(serve(socket, Arc::new(script)));
        Self { address, task }
    }

    /// Every name is at `address`.
    pub async fn always(address: &str) -> Self {
        let address: IpAddr = address.parse().unwrap();
        Self::start(move |_, _| vec![Said::At(address)]).await
    }
}

async fn serve(socket: UdpSocket, script: Arc<Script>) {
    let mut asked: Vec<(String, u16)> = Vec::new();
    let mut packet = [0; 1500];
    while let Ok((length, peer)) = socket.recv_from(&mut packet).await {
        let question = &packet[12..length];
        let (name, kind) = read(question);
        let before = asked.iter().filter(|known| **known == (name.clone(), kind)).count();
        let said = script(&name, before);
        asked.push((name.clone(), kind));
        let answer = write(&packet[..2], question, &name, kind, &said);
        let _ = socket.send_to(&answer, peer).await;
    }
}

/// The name without its last dot in lower case, and the kind of record that is wanted.
fn read(question: &[u8]) -> (String, u16) {
    let (mut at, mut labels) = (0, Vec::new());
    while question[at] != 0 {
        let length = usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..=at + length]).to_lowercase());
        at += length + 1;
    }
    (labels.join("."), u16::from_be_bytes([question[at + 1], question[at + 2]]))
}

/// Records for as long as they are of the kind, each name owning what is said after it.
fn write(id: &[u8], question: &[u8], name: &str, kind: u16, said: &[Said]) -> Vec<u8> {
    let (mut owner, mut records, mut count) = (name.to_owned(), Vec::new(), 0_u16);
    for said in said {
        let (number, data): (u8, _) = match said {
            Said::At(IpAddr::V4(v4)) => (1, v4.octets().to_vec()),
            Said::At(IpAddr::V6(v6)) => (28, v6.octets().to_vec()),
            Said::Is(other) => (5, labels(other)),
            Said::Nothing => continue,
        };
        if number != 5 && u16::from(number) != kind {
            continue;
        }
        records.extend(labels(&owner));
        records.extend([0, number, 0, 1, 0, 0, 0, 0, 0, data.len() as u8]);
        records.extend(&data);
        count += 1;
        if let Said::Is(other) = said {
            owner = (*other).to_owned();
        }
    }
    let nothing = said.iter().any(|said| matches!(said, Said::Nothing));
    let mut packet = id.to_vec();
    packet.extend([0x81, if nothing { 0x83 } else { 0x80 }, 0, 1]);
    packet.extend(count.to_be_bytes());
    packet.extend([0, 0, 0, 0]);
    let end = question.iter().position(|byte| *byte == 0).unwrap() + 5;
    packet.extend(&question[..end]);
    packet.extend(records);
    packet
}

fn labels(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}
