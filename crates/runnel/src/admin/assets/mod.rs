//! Assets over HTTP: eleven kinds, one set of handlers ([`handlers`]), each kind described by itself.
//! Promise: an answer is the asset's own fields with `id`, `version` and `archived` beside them;
//! what is refused is refused whole, with every fault at its field (product.md §15, §17).

mod funnels;
mod handlers;
mod links;
mod logic;
mod read;
mod settings;
mod webhooks;
mod wire;

use crate::admin::{AdminRouter, Body, Caller, Parameters, Role, Segment};
use crate::app::App;
use crate::error::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use handlers::Copied;
use rules::ids::EntityId;
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa_axum::routes;
use wire::{Answer, Draft, List, Revision, Wanted};

/// The endpoints of one kind, described.
macro_rules! kind {
    ($module:ident, $asset:ident, $path:literal, $noun:literal, $writers:expr) => {
        mod $module {
            use super::*;
            use rules::assets::$asset;

            #[utoipa::path(get, path = $path, params(Wanted), summary = concat!("List: ", $noun, "s by name"),
                responses((status = 200, body = List<$asset>)))]
            async fn list(
                state: State<Arc<App>>,
                caller: Caller,
                wanted: Parameters<Wanted>,
            ) -> Result<Json<List<$asset>>, Problem> {
                handlers::list(state, caller, wanted).await
            }

            #[utoipa::path(post, path = $path, request_body = Draft<$asset>, summary = concat!("Add: ", $noun),
                responses((status = 201, body = Answer<$asset>)))]
            async fn create(
                state: State<Arc<App>>,
                caller: Caller,
                body: Body<Map<String, Value>>,
            ) -> Result<(StatusCode, Json<Answer<$asset>>), Problem> {
                handlers::create(state, caller, body).await
            }

            #[utoipa::path(get, path = concat!($path, "/{id}"), params(("id" = EntityId, Path)), summary = concat!("Read: ", $noun),
                responses((status = 200, body = Answer<$asset>)))]
            async fn read(
                state: State<Arc<App>>,
                caller: Caller,
                id: Segment<EntityId>,
            ) -> Result<Json<Answer<$asset>>, Problem> {
                handlers::read(state, caller, id).await
            }

            #[utoipa::path(put, path = concat!($path, "/{id}"), params(("id" = EntityId, Path)), summary = concat!("Replace: ", $noun, ", naming the version it was based on"),
                request_body = Revision<$asset>, responses((status = 200, body = Answer<$asset>)))]
            async fn update(
                state: State<Arc<App>>,
                caller: Caller,
                id: Segment<EntityId>,
                body: Body<Map<String, Value>>,
            ) -> Result<Json<Answer<$asset>>, Problem> {
                handlers::update(state, caller, id, body).await
            }

            #[utoipa::path(delete, path = concat!($path, "/{id}"), params(("id" = EntityId, Path)), summary = concat!("Delete: ", $noun, " that nothing refers to; its hits still convert"),
                responses((status = 204)))]
            async fn delete(
                state: State<Arc<App>>,
                caller: Caller,
                id: Segment<EntityId>,
            ) -> Result<StatusCode, Problem> {
                handlers::delete::<$asset>(state, caller, id).await
            }

            #[utoipa::path(post, path = concat!($path, "/{id}/archive"), params(("id" = EntityId, Path)), summary = concat!("Archive: ", $noun, " takes no new traffic; its hits still convert"),
                responses((status = 200, body = Answer<$asset>)))]
            async fn archive(
                state: State<Arc<App>>,
                caller: Caller,
                id: Segment<EntityId>,
            ) -> Result<Json<Answer<$asset>>, Problem> {
                handlers::set_archived(state, caller, id, true).await
            }

            #[utoipa::path(post, path = concat!($path, "/{id}/unarchive"), params(("id" = EntityId, Path)), summary = concat!("Unarchive: ", $noun, " takes traffic again"),
                responses((status = 200, body = Answer<$asset>)))]
            async fn unarchive(
                state: State<Arc<App>>,
                caller: Caller,
                id: Segment<EntityId>,
            ) -> Result<Json<Answer<$asset>>, Problem> {
                handlers::set_archived(state, caller, id, false).await
            }

            #[utoipa::path(post, path = concat!($path, "/{id}/duplicate"), params(("id" = EntityId, Path)), summary = concat!("Duplicate: ", $noun, " with IDs of its own"),
                request_body = Option<Copied>, responses((status = 201, body = Answer<$asset>)))]
            async fn duplicate(
                state: State<Arc<App>>,
                caller: Caller,
                id: Segment<EntityId>,
                body: Option<crate::admin::Body<handlers::Copied>>,
            ) -> Result<(StatusCode, Json<Answer<$asset>>), Problem> {
                handlers::duplicate(state, caller, id, body).await
            }

            pub(super) fn routes() -> AdminRouter {
                AdminRouter::new()
                    .at(Role::Viewer, routes!(list))
                    .at($writers, routes!(create))
                    .at(Role::Viewer, routes!(read))
                    .at($writers, routes!(update))
                    .at($writers, routes!(delete))
                    .at($writers, routes!(archive))
                    .at($writers, routes!(unarchive))
                    .at($writers, routes!(duplicate))
            }
        }
    };
}

kind!(traffic_sources, TrafficSource, "/traffic-sources", "traffic source", Role::Editor);
kind!(offer_sources, OfferSource, "/offer-sources", "offer source", Role::Editor);
kind!(landers, Lander, "/landers", "lander", Role::Editor);
kind!(offers, Offer, "/offers", "offer", Role::Editor);
kind!(drawn_funnels, Funnel, "/funnels", "funnel", Role::Editor);
kind!(funnel_groups, FunnelGroup, "/funnel-groups", "funnel group", Role::Editor);
kind!(conditions, Condition, "/conditions", "condition", Role::Editor);
kind!(tags, Tag, "/tags", "tag", Role::Editor);
kind!(events, Event, "/events", "event", Role::Editor);
kind!(domains, Domain, "/domains", "domain", Role::Admin);
kind!(signed_webhooks, Webhook, "/webhooks", "webhook", Role::Editor);

/// All endpoints of assets and settings.
pub fn routes() -> AdminRouter {
    AdminRouter::new()
        .merge(traffic_sources::routes())
        .merge(offer_sources::routes())
        .merge(landers::routes())
        .merge(offers::routes())
        .merge(drawn_funnels::routes())
        .merge(funnels::routes())
        .merge(funnel_groups::routes())
        .merge(conditions::routes())
        .merge(tags::routes())
        .merge(events::routes())
        .merge(domains::routes())
        .merge(signed_webhooks::routes())
        .merge(webhooks::routes())
        .merge(links::routes())
        .merge(logic::routes())
        .merge(settings::routes())
}
