//! Landers and offers.

use crate::publish::asset::shelved;
use crate::publish::{Asset, Findings};
use crate::snapshot::Snapshot;
use crate::store::catalog::Kind;
use rules::assets::{BrowserAmounts, Lander, Offer};
use rules::ids::EntityId;

impl Asset for Lander {
    const KIND: Kind = Kind::Landers;
    const IN_PLANS: bool = true;

    shelved!(landers);

    fn check(&self, _: EntityId, among: &Snapshot, findings: &mut Findings) {
        findings.url("url", &self.url, among);
        findings.parameters("parameters", &self.parameters);
        findings.text("category", &self.category);
    }
}

impl Asset for Offer {
    const KIND: Kind = Kind::Offers;
    const IN_PLANS: bool = true;

    shelved!(offers);

    fn check(&self, _: EntityId, among: &Snapshot, findings: &mut Findings) {
        findings.url("url", &self.url, among);
        findings.parameters("parameters", &self.parameters);
        findings.amount("payout", self.payout);
        findings.amount("browserMaximum", self.browser_maximum);
        let unbounded =
            self.browser_amounts == BrowserAmounts::Capped && self.browser_maximum.is_none();
        findings.fault_if(unbounded, "browserMaximum", "is needed to cap amounts from browsers");
        findings.currency("currency", &self.currency, among);
        findings.text("category", &self.category);
        let lost = self.offer_source.is_some_and(|id| !among.holds(&among.offer_sources, id));
        findings.fault_if(lost, "offerSource", "is no offer source");
    }

    fn refers_to(&self, _: &Snapshot) -> Vec<EntityId> {
        self.offer_source.into_iter().collect()
    }
}
