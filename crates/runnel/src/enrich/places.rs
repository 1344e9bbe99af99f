//! Address → country, network operator, and (from a database the user brings) city.
//! Promise: a database that is missing or broken is logged once at opening and then simply knows
//! nothing; an address that is in no database stays unknown. An address that comes again (a visitor's
//! next step, a carrier's customers) is looked up once, within a bounded cache.

use super::remembered::{Remembered, room_for};
use compact_str::CompactString;
use maxminddb::Reader;
use rules::country::continent_of;
use rules::facts::Facts;
use serde::Deserialize;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

/// A database in MaxMind's format, wholly in memory: replacing its file changes nothing underneath.
type Database = Reader<Vec<u8>>;

/// Addresses remembered; one takes some 250 bytes.
const MOST_REMEMBERED: usize = 65_536;

/// What is known of addresses.
pub struct Places {
    databases: Databases,
    remembered: Remembered<IpAddr, Place>,
}

/// The databases that are there.
#[derive(Default)]
struct Databases {
    country: Option<Database>,
    network: Option<Database>,
    city: Option<Database>,
}

/// What is known of one address.
#[derive(Default)]
struct Place {
    continent: CompactString,
    country: CompactString,
    region: CompactString,
    city: CompactString,
    timezone: CompactString,
    asn: u32,
    isp: CompactString,
    connection: CompactString,
}

/// ip-location-db's flat form, or MaxMind's.
#[derive(Deserialize, Default)]
#[serde(default)]
struct CountryRecord<'a> {
    #[serde(borrow)]
    country_code: Option<&'a str>,
    #[serde(borrow)]
    country: Iso<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Iso<'a> {
    #[serde(borrow)]
    iso_code: Option<&'a str>,
}

/// As in GeoLite2 ASN, and in our own compiled file.
#[derive(Deserialize, Default)]
#[serde(default)]
struct NetworkRecord<'a> {
    autonomous_system_number: u32,
    #[serde(borrow)]
    autonomous_system_organization: Option<&'a str>,
}

/// GeoLite2 City, GeoIP2 City and Enterprise.
#[derive(Deserialize, Default)]
#[serde(default)]
struct CityRecord<'a> {
    #[serde(borrow)]
    country: Iso<'a>,
    #[serde(borrow)]
    subdivisions: Vec<Named<'a>>,
    #[serde(borrow)]
    city: Named<'a>,
    #[serde(borrow)]
    location: Location<'a>,
    #[serde(borrow)]
    traits: Traits<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    names: English<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct English<'a> {
    #[serde(borrow)]
    en: &'a str,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Location<'a> {
    #[serde(borrow)]
    time_zone: &'a str,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Traits<'a> {
    #[serde(borrow)]
    connection_type: &'a str,
    #[serde(borrow)]
    isp: &'a str,
    autonomous_system_number: u32,
}

impl Places {
    /// Opens what is there of `country.mmdb` and `asn.mmdb` in `knowledge`, and the user's `city`.
    pub fn open(knowledge: &Path, city: &Path) -> Self {
        let city = (!city.as_os_str().is_empty()).then(|| open(city)).flatten();
        let ours = |name: &str| open(&knowledge.join(name));
        let databases =
            Databases { country: ours("country.mmdb"), network: ours("asn.mmdb"), city };
        Self { databases, ..Self::default() }
    }

    /// Writes what is known about `address` into `facts`.
    pub fn describe(&self, address: IpAddr, facts: &mut Facts) {
        let place = self.remembered.get(&address).unwrap_or_else(|| {
            let place = Arc::new(self.databases.place(address));
            self.remembered.insert(address, place.clone());
            place
        });
        place.describe(facts);
    }
}

impl Default for Places {
    fn default() -> Self {
        Self { databases: Databases::default(), remembered: room_for(MOST_REMEMBERED) }
    }
}

impl Place {
    fn describe(&self, facts: &mut Facts) {
        facts.continent.clone_from(&self.continent);
        facts.country.clone_from(&self.country);
        facts.region.clone_from(&self.region);
        facts.city.clone_from(&self.city);
        facts.timezone.clone_from(&self.timezone);
        facts.asn = self.asn;
        facts.isp.clone_from(&self.isp);
        facts.connection.clone_from(&self.connection);
    }
}

impl Databases {
    fn place(&self, address: IpAddr) -> Place {
        let mut place = Place::default();
        if let Some(found) = look_up::<CountryRecord>(&self.country, address) {
            place.country =
                found.country_code.or(found.country.iso_code).unwrap_or_default().into();
        }
        if let Some(found) = look_up::<NetworkRecord>(&self.network, address) {
            place.asn = found.autonomous_system_number;
            place.isp = found.autonomous_system_organization.unwrap_or_default().into();
        }
        if let Some(found) = look_up::<CityRecord>(&self.city, address) {
            found.complete(&mut place);
        }
        place.continent = continent_of(&place.country).into();
        place
    }
}

impl CityRecord<'_> {
    /// The user's own database knows better than ours.
    fn complete(&self, place: &mut Place) {
        if let Some(country) = self.country.iso_code {
            place.country = country.into();
        }
        place.region = self.subdivisions.first().map_or("", |region| region.names.en).into();
        place.city = self.city.names.en.into();
        place.timezone = self.location.time_zone.into();
        place.connection = self.traits.connection_type.to_ascii_lowercase().into();
        if !self.traits.isp.is_empty() {
            place.isp = self.traits.isp.into();
        }
        if self.traits.autonomous_system_number > 0 {
            place.asn = self.traits.autonomous_system_number;
        }
    }
}

fn open(path: &Path) -> Option<Database> {
    match Reader::open_readfile(path) {
        Ok(database) => Some(database),
        Err(error) => {
            let path = path.display();
            tracing::warn!(%path, %error, "no address data from this file: what it knows stays unknown");
            None
        }
    }
}

fn look_up<'a, T: Deserialize<'a>>(database: &'a Option<Database>, address: IpAddr) -> Option<T> {
    database.as_ref()?.lookup(address).ok()?.decode().ok()?
}
