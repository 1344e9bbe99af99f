//! One visitor's session as it is kept: folded, or as the one record that it consists of so far.
//! Promise: both are the same session. Most visitors make one request and are never asked about again,
//! so folding waits until somebody looks; until then the journal's bytes are shared.

use bytes::Bytes;
use rules::ids::Vid;
use rules::record::Record;
use rules::session::Session;

/// A session and how far into the journal it has come.
#[derive(Clone, Debug)]
pub struct Kept {
    body: Body,
    /// Records below this number have been taken in.
    pub next_record: u64,
}

#[derive(Clone, Debug)]
enum Body {
    /// Nothing is known of the visitor.
    Unknown(Vid),
    /// The visitor's first record, as the journal has it.
    First { vid: Vid, at_ms: u64, record: Bytes },
    Folded(Box<Session>),
}

/// Room for most sessions.
const USUAL_BYTES: usize = 512;
/// What a written session begins with: the next record, and which body follows.
const HEAD_BYTES: usize = 9;
/// A time, then the first record's bytes.
const FIRST: u8 = 0;
/// A folded session.
const FOLDED: u8 = 1;

impl Body {
    fn fold(&mut self) -> &mut Session {
        let folded = match self {
            Self::Folded(session) => return session,
            Self::Unknown(vid) => Session::new(*vid),
            Self::First { vid, record, .. } => of_first(*vid, record),
        };
        *self = Self::Folded(Box::new(folded));
        self.fold()
    }
}

fn of_first(vid: Vid, record: &[u8]) -> Session {
    let mut session = Session::new(vid);
    if let Ok(record) = Record::from_bytes(record) {
        // The first record finds no session that could be over.
        session.apply(&record, u64::MAX);
    }
    session
}

impl Kept {
    /// Of a visitor of whom nothing is known.
    pub fn unknown(vid: Vid) -> Self {
        Self { body: Body::Unknown(vid), next_record: 0 }
    }

    /// Whether nothing is known of the visitor.
    pub fn is_unknown(&self) -> bool {
        matches!(self.body, Body::Unknown(_))
    }

    /// The session, folded now if it was not.
    pub fn session(&mut self) -> &mut Session {
        self.body.fold()
    }

    /// Takes in `record`, whose journal bytes are `bytes`.
    pub fn take_in(&mut self, record: &Record, bytes: Bytes, ttl_ms: u64) {
        if self.is_unknown() {
            let at_ms = record.request.at_ms();
            self.body = Body::First { vid: record.vid, at_ms, record: bytes };
        } else {
            self.session().apply(record, ttl_ms);
        }
    }

    /// The latest activity, Unix milliseconds.
    pub fn last_at_ms(&self) -> u64 {
        match &self.body {
            Body::Unknown(_) => 0,
            Body::First { at_ms, .. } => *at_ms,
            Body::Folded(session) => session.last_at_ms,
        }
    }

    /// Leaves only the links to the past; says whether there was more.
    pub fn end(&mut self) -> bool {
        let session = self.session();
        let more = !session.is_over();
        *session = std::mem::replace(session, Session::new(session.vid)).over();
        more
    }

    /// As it is written.
    /// # Errors
    /// It cannot be: never seen.
    pub fn to_bytes(&self) -> postcard::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        bytes.extend(self.next_record.to_be_bytes());
        match &self.body {
            Body::First { at_ms, record, .. } => {
                bytes.push(FIRST);
                bytes.extend(at_ms.to_be_bytes());
                bytes.extend_from_slice(record);
                Ok(bytes)
            }
            Body::Folded(session) => folded(session, bytes),
            Body::Unknown(vid) => folded(&Session::new(*vid), bytes),
        }
    }

    /// Reads what [`Self::to_bytes`] wrote of the session of `vid`; nothing if it is damaged.
    pub fn from_bytes(vid: Vid, bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(HEAD_BYTES)?;
        let next_record = u64::from_be_bytes(*head.first_chunk()?);
        let body = match head[HEAD_BYTES - 1] {
            FIRST => {
                let (at_ms, record) = rest.split_first_chunk()?;
                let record = Bytes::copy_from_slice(record);
                Body::First { vid, at_ms: u64::from_be_bytes(*at_ms), record }
            }
            FOLDED => Body::Folded(postcard::from_bytes(rest).ok()?),
            _ => return None,
        };
        Some(Self { body, next_record })
    }
}

fn folded(session: &Session, mut bytes: Vec<u8>) -> postcard::Result<Vec<u8>> {
    bytes.push(FOLDED);
    postcard::to_extend(session, bytes)
}
