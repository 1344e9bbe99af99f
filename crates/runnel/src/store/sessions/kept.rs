//! One visitor's session as it is kept: at rest as bytes, in use as a session.
//! Promise: both are the same session. Most visitors make one request and are never asked about again:
//! their session is the journal's bytes of that record, shared with it, until somebody looks.

use crate::packed::packed;
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
    AtRest(AtRest),
    InUse(Box<Session>),
}

/// A session as bytes.
#[derive(Clone, Debug)]
struct AtRest {
    vid: Vid,
    /// The latest activity, Unix milliseconds.
    at_ms: u64,
    form: Form,
    bytes: Bytes,
}

/// What the bytes of a session at rest are. The value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The visitor's first record, and the only one so far.
    FirstRecord = 0,
    /// A session.
    Session = 1,
}

impl Form {
    /// The session that `bytes` are in this form; nothing if they are damaged.
    fn read(self, bytes: &[u8]) -> Option<Session> {
        match self {
            Self::Session => postcard::from_bytes(bytes).ok(),
            Self::FirstRecord => {
                let record = Record::from_bytes(bytes).ok()?;
                let mut session = Session::new(record.vid);
                // The first record finds no session that could be over.
                session.apply(&record, u64::MAX);
                Some(session)
            }
        }
    }
}

impl Body {
    fn wake(&mut self) -> &mut Session {
        let session = match self {
            Self::InUse(session) => return session,
            Self::Unknown(vid) => Session::new(*vid),
            Self::AtRest(AtRest { vid, form, bytes, .. }) => {
                form.read(bytes).unwrap_or_else(|| Session::new(*vid))
            }
        };
        *self = Self::InUse(Box::new(session));
        self.wake()
    }
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

    /// The session, in use from now on.
    pub fn session(&mut self) -> &mut Session {
        self.body.wake()
    }

    /// Takes in `record`, whose journal bytes are `bytes`.
    pub fn take_in(&mut self, record: &Record, bytes: Bytes, ttl_ms: u64) {
        if self.is_unknown() {
            let (vid, at_ms) = (record.vid, record.request.at_ms());
            self.body = Body::AtRest(AtRest { vid, at_ms, form: Form::FirstRecord, bytes });
        } else {
            self.session().apply(record, ttl_ms);
        }
    }

    /// Lays it to rest: it takes a fraction of the memory until somebody looks again.
    pub fn rest(&mut self) {
        if let Body::InUse(session) = &self.body
            && let Some(bytes) = written(session)
        {
            let (vid, at_ms) = (session.vid, session.last_at_ms);
            let form = Form::Session;
            self.body = Body::AtRest(AtRest { vid, at_ms, form, bytes });
        }
    }

    /// The latest activity, Unix milliseconds.
    pub fn last_at_ms(&self) -> u64 {
        match &self.body {
            Body::Unknown(_) => 0,
            Body::AtRest(rest) => rest.at_ms,
            Body::InUse(session) => session.last_at_ms,
        }
    }

    /// Leaves only the links to the past; says whether there was more.
    pub fn end(&mut self) -> bool {
        let session = self.session();
        let more = !session.is_over();
        *session = std::mem::replace(session, Session::new(session.vid)).over();
        more
    }

    /// As it is written: next record (8, big-endian), form (1), the bytes at rest. Of somebody unknown
    /// nothing is written.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        match &self.body {
            Body::Unknown(_) => None,
            Body::AtRest(rest) => Some(self.framed(rest.form, &rest.bytes)),
            Body::InUse(session) => Some(self.framed(Form::Session, &written(session)?)),
        }
    }

    fn framed(&self, form: Form, bytes: &[u8]) -> Vec<u8> {
        [&self.next_record.to_be_bytes()[..], &[form as u8], bytes].concat()
    }

    /// Reads what [`Self::to_bytes`] wrote; nothing if it is damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (next, rest) = bytes.split_first_chunk()?;
        let (form, rest) = rest.split_first()?;
        let form = [Form::FirstRecord, Form::Session].into_iter().find(|f| *f as u8 == *form)?;
        let body = Body::InUse(Box::new(form.read(rest)?));
        Some(Self { body, next_record: u64::from_be_bytes(*next) })
    }
}

fn written(session: &Session) -> Option<Bytes> {
    packed(|room| postcard::to_extend(session, room).ok())
}
