//! A data folder with visits, conversions and their reports; copies of it are damaged.

use crate::binary::{Binary, owner_key};
use crate::world::{location, parameter};
use serde_json::{Value, json};
use std::os::unix::fs::FileExt;
use std::path::Path;
use tempfile::TempDir;

const VISITS: usize = 24;

/// The undamaged folder and what its server showed.
pub struct Stage {
    data: TempDir,
    key: String,
    /// Path of the funnel's entrance.
    pub entrance: String,
    shown: Value,
    vid: String,
    page: String,
}

impl Stage {
    /// Root → lander → offer, with visits of which some convert.
    pub async fn set() -> Self {
        let data = tempfile::tempdir().unwrap();
        let key = owner_key(data.path());
        let server = Binary::start_plain(data.path(), &key);
        let (entrance, page) = draw(&server).await;
        let mut vid = String::new();
        for n in 0..VISITS {
            let query = format!("{entrance}?campaign=k{}&c1=zone{n}&c=0.{n:02}", n % 3);
            let lander = location(&server.get(&query).await);
            vid = parameter(&lander, "vid");
            let click = format!("/action/1?hit={}", parameter(&lander, "h"));
            let offer = location(&server.get(&click).await);
            let call = format!("/pb/?hit={}&tx=T{n}&rev={n}.5", parameter(&offer, "sub"));
            if n % 4 == 0 {
                assert_eq!(server.get(&call).await.text().await.unwrap(), "OK");
            }
        }
        let mut stage = Self { data, key, entrance, shown: Value::Null, vid, page };
        stage.wait_for_visits(&server, VISITS).await;
        stage.shown = stage.show(&server).await;
        server.stop();
        let store = duckdb::Connection::open(stage.data.path().join("facts.duckdb"));
        store.unwrap().execute_batch("CHECKPOINT").unwrap();
        stage
    }

    pub fn visits(&self) -> usize {
        VISITS
    }

    pub fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(self.data.path(), copy.path());
        copy
    }

    pub fn start(&self, data: &Path) -> Binary {
        Binary::start_plain(data, &self.key)
    }

    /// After each of the damages, and again after the next start, everything is as it was.
    pub async fn hold(&self, damages: &[super::Damage]) {
        for (name, damage) in damages {
            let data = self.copy();
            damage(data.path());
            for _ in 0..2 {
                let server = self.start(data.path());
                self.compare(&server, name).await;
                server.stop();
            }
            let names = std::fs::read_dir(data.path()).unwrap();
            let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let aside = names.filter(|n| n.contains("aside") || n.contains("damaged")).count();
            assert!(aside <= 2, "{name}: {aside} names set aside");
        }
    }

    /// Waits until the reports show all visits; then they are what they were, and a visitor of
    /// before is known.
    pub async fn compare(&self, server: &Binary, name: &str) {
        let shown = loop {
            self.wait_for_visits(server, VISITS).await;
            // The first report that meets the damage is told so, and has the store made again: the
            // next may find it empty still.
            let shown = self.show(server).await;
            if is_complete(&shown["totals"], VISITS) {
                break shown;
            }
        };
        assert_eq!(shown, self.shown, "{name}");
        let call = format!("/pb/?vid={}&p={}&test=1&format=json", self.vid, self.page);
        let said: Value = server.get(&call).await.json().await.unwrap();
        assert_eq!(said["result"], "created", "{name}: {said}");
    }

    pub async fn wait_for_visits(&self, server: &Binary, visits: usize) {
        loop {
            let answer = ask(server, json!([])).await;
            if answer.status() == 200 {
                let report: Value = answer.json().await.unwrap();
                if is_complete(&report["totals"], visits) {
                    return;
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    pub async fn report_status(&self, server: &Binary) -> u16 {
        ask(server, json!([])).await.status().as_u16()
    }

    async fn show(&self, server: &Binary) -> Value {
        let levels = json!([{"by": "campaign"}, {"by": "lander"}, {"by": "c1"}]);
        let mut report: Value = ask(server, levels).await.json().await.unwrap();
        report.as_object_mut().unwrap().remove("asOf");
        report
    }
}

/// Whether everything has reached the report: the last visit's click comes after its entrance.
fn is_complete(totals: &Value, visits: usize) -> bool {
    let conversions = VISITS.div_ceil(4);
    totals["visits"] == visits
        && totals["landerClicks"] == VISITS
        && totals["conversions"] == conversions
}

async fn ask(server: &Binary, groupings: Value) -> reqwest::Response {
    let body = json!({"from": "2020-01-01T00:00:00Z", "to": "2040-01-01T00:00:00Z",
        "timezone": "UTC", "groupings": groupings, "sort": {"by": "key"}, "limit": 1000});
    let url = format!("{}/api/v1/reports/drilldown", server.admin);
    server.client.post(url).bearer_auth(&server.key).json(&body).send().await.unwrap()
}

async fn draw(server: &Binary) -> (String, String) {
    let source = server.make("traffic-sources", json!({"name": "Push"})).await;
    let network = json!({"name": "Network", "parameters": {"sub": "{hit}"}});
    let network = server.make("offer-sources", network).await;
    let lander = json!({"name": "L", "url": "https://l.example/?h={hit}"});
    let lander = server.make("landers", lander).await;
    let offer = json!({"name": "O", "url": "https://o.example/", "offerSource": network});
    let offer = server.make("offers", offer).await;
    let page = |id: &str, kind: &str, page: &str| json!({"id": id, "kind": kind, "pages": [{"page": page, "weight": 1}]});
    let funnel = json!({"name": "F", "nodes": [{"id": "HurtRoot0001", "kind": "traffic"},
            page("HurtLander01", "lander", &lander), page("HurtOffer001", "offer", &offer)],
        "connections": [
            {"id": "HurtConn0001", "from": "HurtRoot0001", "to": "HurtLander01"},
            {"id": "HurtConn0002", "from": "HurtLander01", "to": "HurtOffer001", "actions": [1]}]});
    (format!("/fts/{}-{source}", server.make("funnels", funnel).await), offer)
}

/// Runs `runnel rebuild` to its end.
pub fn rebuild(data: &Path) {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_runnel"));
    let output = program.args(["rebuild", "--data"]).arg(data).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Flips a bit in each of `bytes` bytes from `part` of the file on.
pub fn flip(path: &Path, part: f64, bytes: u64) {
    let from = (std::fs::metadata(path).unwrap().len() as f64 * part) as u64;
    (from..from + bytes).for_each(|at| flip_at(path, at));
}

/// Flips a bit of the byte `at`.
pub fn flip_at(path: &Path, at: u64) {
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], at).unwrap();
}

/// Flips a bit in every hundredth byte of the largest file of a folder.
pub fn flip_in_the_largest(folder: &Path) {
    let mut largest = (0, None);
    each_file(folder, |file| {
        let size = std::fs::metadata(file).unwrap().len();
        if size > largest.0 {
            largest = (size, Some(file.to_owned()));
        }
    });
    let file = largest.1.unwrap();
    (0..largest.0).step_by(100).for_each(|at| flip_at(&file, at));
}

pub fn each_file(folder: &Path, mut work: impl FnMut(&Path)) {
    fn walk(folder: &Path, work: &mut dyn FnMut(&Path)) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, work) } else { work(&path) }
        }
    }
    walk(folder, &mut work);
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
