//! The routes, their OpenAPI document, and who may use them.

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of `params`")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequest, FromRequestParts, State as Given};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use headers::{CacheControl, HeaderMapExt as _};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoParams, Modify, OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::audit::{self, Change};
use crate::fields::Name;
use crate::problem::Problem;
use crate::records::{self, Consumer, IssuedKey, NewConsumer, NewKey, NewSubscription, Plan, Subscription};
use crate::secret::{self, Hashing, Token};
use crate::selected;
use crate::source::{self, Caller, Found};
use crate::store::{self, Store, Version};
use crate::workflow::{Action, State};

/// The largest body that is read, in bytes.
const BODY_LIMIT: usize = 64 << 10;
/// How many rows a page has where the caller does not say, and at most.
const PAGE: (u32, u32) = (100, 1000);

/// What the routes work with.
pub(crate) struct Registry {
    pub(crate) store: Store,
    pub(crate) token: Token,
    pub(crate) hashing: Hashing,
    /// The last snapshot that was made: every worker of every proxy asks for the same.
    pub(crate) snapshot: Mutex<Option<(Version, Bytes)>>,
    pub(crate) document: Bytes,
}

/// Shared by all requests.
pub(crate) type Shared = Arc<Registry>;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "verdict-registry",
        description = "A reference source for the filter `subscription`: consumers, keys, plans, and the workflow of subscriptions."
    ),
    modifiers(&Administration),
    tags(
        (name = "administration", description = "Needs the administrator's token"),
        (name = "source", description = "What the filter asks"),
        (name = "service", description = "About the registry itself"),
    )
)]
struct Document;

/// The name of the token in the document.
struct Administration;

impl Modify for Administration {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("administrator", SecurityScheme::Http(bearer));
    }
}

/// The routes, and the document that lists them: made of the same table, so that none is missing.
pub(crate) fn routes() -> (Router<Shared>, utoipa::openapi::OpenApi) {
    let (router, document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(add_consumer, list_consumers))
        .routes(routes!(issue_key))
        .routes(routes!(delete_key))
        .routes(routes!(put_plan))
        .routes(routes!(ask, list_subscriptions))
        .routes(routes!(act))
        .routes(routes!(list_audit))
        .routes(routes!(snapshot))
        .routes(routes!(lookup))
        .routes(routes!(openapi))
        .routes(routes!(health))
        .split_for_parts();
    let router = router
        .fallback(async || Problem::missing("There is nothing at this path.", "See /openapi.json for what there is."))
        .method_not_allowed_fallback(async || Problem::method())
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    (router, document)
}

/// Evidence that the request carries the administrator's token. Without it, nothing is changed.
pub(crate) struct Administrator {
    who: String,
}

impl FromRequestParts<Shared> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, registry: &Shared) -> Result<Self, Problem> {
        let mut headers = parts.headers.get_all(header::AUTHORIZATION).iter();
        let (Some(credentials), None) = (headers.next(), headers.next()) else {
            return Err(Problem::unauthorized(false));
        };
        // RFC 9110, section 11.1: the scheme in any case.
        let token = match credentials.as_bytes().split_at_checked("bearer ".len()) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"bearer ") => token,
            Some(_) | None => return Err(Problem::unauthorized(false)),
        };
        if !registry.token.is(token) {
            return Err(Problem::unauthorized(true));
        }
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let who = peer.map_or_else(
            || "administrator".to_owned(),
            |ConnectInfo(peer)| format!("administrator at {}", peer.ip().to_canonical()),
        );
        Ok(Self { who })
    }
}

#[derive(FromRequest)]
#[from_request(via(Json), rejection(Problem))]
struct Body<T>(T);

#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
struct Path<T>(T);

#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
struct Query<T>(T);

/// Reads, on a thread that may wait.
async fn read<T: Send + 'static>(
    registry: Shared,
    work: impl FnOnce(&Connection) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    blocking(move || registry.store.read(work)).await
}

/// Changes, on a thread that may wait.
async fn change<T: Send + 'static>(
    registry: Shared,
    administrator: Administrator,
    work: impl FnOnce(&Connection) -> Result<(T, Change), Problem> + Send + 'static,
) -> Result<T, Problem> {
    blocking(move || registry.store.change(&administrator.who, work)).await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::failed(&error))?
}

fn page(limit: Option<u32>) -> Result<u32, Problem> {
    let (usual, most) = PAGE;
    let limit = limit.unwrap_or(usual);
    if (1..=most).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::question(format!("`limit` is {limit}."), format!("Write 1 to {most}.")))
}

/// Where the next page begins, if this one is full.
fn next<T, U>(page: &[T], limit: u32, place: impl Fn(&T) -> U) -> Option<U> {
    page.last().filter(|_| page.len() == limit as usize).map(place)
}

/// Adds a consumer.
#[utoipa::path(post, path = "/consumers", tag = "administration", security(("administrator" = [])),
    request_body = NewConsumer, responses((status = 201, description = "Added", body = Consumer), Problem))]
async fn add_consumer(
    Given(registry): Given<Shared>,
    administrator: Administrator,
    Body(new): Body<NewConsumer>,
) -> Result<(StatusCode, Json<Consumer>), Problem> {
    let consumer = change(registry, administrator, move |database| records::add_consumer(database, new)).await?;
    Ok((StatusCode::CREATED, Json(consumer)))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ConsumersPage {
    /// The `next` of the page before.
    after: Option<String>,
    /// The most rows to return: 1 to 1000, 100 if it is left out.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct Consumers {
    consumers: Vec<Consumer>,
    /// What `after` is for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Name>,
}

/// Lists the consumers by name, with their keys (without hashes).
#[utoipa::path(get, path = "/consumers", tag = "administration", security(("administrator" = [])),
    params(ConsumersPage), responses((status = 200, description = "A page", body = Consumers), Problem))]
async fn list_consumers(
    Given(registry): Given<Shared>,
    _: Administrator,
    Query(ConsumersPage { after, limit }): Query<ConsumersPage>,
) -> Result<Json<Consumers>, Problem> {
    let limit = page(limit)?;
    let after = after.unwrap_or_default();
    let consumers = read(registry, move |database| records::consumers(database, &after, limit)).await?;
    Ok(Json(Consumers { next: next(&consumers, limit, |last| last.name.clone()), consumers }))
}

/// Issues a key: random, 256 bits. It is in this answer and nowhere else; what is stored is its hash.
#[utoipa::path(post, path = "/consumers/{consumer}/keys", tag = "administration", security(("administrator" = [])),
    params(("consumer" = Name, Path)), request_body = Option<NewKey>,
    responses((status = 201, description = "Issued", body = IssuedKey), Problem))]
async fn issue_key(
    Given(registry): Given<Shared>,
    administrator: Administrator,
    Path(consumer): Path<Name>,
    body: Result<Option<Json<NewKey>>, JsonRejection>,
) -> Result<Response, Problem> {
    let new = body?.map(|Json(new)| new).unwrap_or_default();
    let hashing = registry.hashing.clone();
    let issue = move |database: &Connection| records::issue_key(database, &consumer, new, &hashing);
    let key = change(registry, administrator, issue).await?;
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(key)).into_response())
}

/// Deletes a key: from the next snapshot or lookup on, nobody knows it.
#[utoipa::path(delete, path = "/consumers/{consumer}/keys/{id}", tag = "administration",
    security(("administrator" = [])), params(("consumer" = Name, Path), ("id" = i64, Path)),
    responses((status = 204, description = "Deleted"), Problem))]
async fn delete_key(
    Given(registry): Given<Shared>,
    administrator: Administrator,
    Path((consumer, id)): Path<(Name, i64)>,
) -> Result<StatusCode, Problem> {
    change(registry, administrator, move |database| records::delete_key(database, &consumer, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Adds a plan, or puts another in its place.
#[utoipa::path(put, path = "/plans/{plan}", tag = "administration", security(("administrator" = [])),
    params(("plan" = Name, Path)), request_body = Plan,
    responses((status = 200, description = "As it is now", body = Plan), Problem))]
async fn put_plan(
    Given(registry): Given<Shared>,
    administrator: Administrator,
    Path(name): Path<Name>,
    Body(plan): Body<Plan>,
) -> Result<Json<Plan>, Problem> {
    change(registry, administrator, move |database| records::put_plan(database, &name, plan)).await.map(Json)
}

/// Asks for a subscription of a consumer to an API. It is pending until it is approved; one that was rejected may be asked for again.
#[utoipa::path(post, path = "/subscriptions", tag = "administration", security(("administrator" = [])),
    request_body = NewSubscription, responses((status = 201, description = "Asked for", body = Subscription), Problem))]
async fn ask(
    Given(registry): Given<Shared>,
    administrator: Administrator,
    Body(new): Body<NewSubscription>,
) -> Result<(StatusCode, Json<Subscription>), Problem> {
    let subscription = change(registry, administrator, move |database| records::ask(database, new)).await?;
    Ok((StatusCode::CREATED, Json(subscription)))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SubscriptionsPage {
    /// Only those in this state.
    state: Option<State>,
    /// The `next` of the page before.
    after: Option<i64>,
    /// The most rows to return: 1 to 1000, 100 if it is left out.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct Subscriptions {
    subscriptions: Vec<Subscription>,
    /// What `after` is for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// Lists the subscriptions by id.
#[utoipa::path(get, path = "/subscriptions", tag = "administration", security(("administrator" = [])),
    params(SubscriptionsPage), responses((status = 200, description = "A page", body = Subscriptions), Problem))]
async fn list_subscriptions(
    Given(registry): Given<Shared>,
    _: Administrator,
    Query(SubscriptionsPage { state, after, limit }): Query<SubscriptionsPage>,
) -> Result<Json<Subscriptions>, Problem> {
    let (limit, after) = (page(limit)?, after.unwrap_or(0));
    let list = move |database: &Connection| records::subscriptions(database, state, after, limit);
    let subscriptions = read(registry, list).await?;
    Ok(Json(Subscriptions { next: next(&subscriptions, limit, |last| last.id), subscriptions }))
}

/// Decides about a subscription: `approve` or `reject` one that is pending, `suspend` one that is active and `resume` it, `revoke` either.
#[utoipa::path(post, path = "/subscriptions/{id}/{action}", tag = "administration", security(("administrator" = [])),
    params(("id" = i64, Path), ("action" = String, Path, pattern = "^(approve|reject|suspend|resume|revoke)$")),
    responses((status = 200, description = "As it is now", body = Subscription), Problem))]
async fn act(
    Given(registry): Given<Shared>,
    administrator: Administrator,
    Path((id, action)): Path<(i64, Action)>,
) -> Result<Json<Subscription>, Problem> {
    change(registry, administrator, move |database| records::act(database, id, action)).await.map(Json)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditPage {
    /// The `next` of the page before.
    after: Option<i64>,
    /// The most rows to return: 1 to 1000, 100 if it is left out.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct Audit {
    audit: Vec<audit::Entry>,
    /// What `after` is for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// Lists who changed what, when, and how it was before and after, the oldest first.
#[utoipa::path(get, path = "/audit", tag = "administration", security(("administrator" = [])),
    params(AuditPage), responses((status = 200, description = "A page", body = Audit), Problem))]
async fn list_audit(
    Given(registry): Given<Shared>,
    _: Administrator,
    Query(AuditPage { after, limit }): Query<AuditPage>,
) -> Result<Json<Audit>, Problem> {
    let (limit, after) = (page(limit)?, after.unwrap_or(0));
    let audit = read(registry, move |database| audit::list(database, after, limit)).await?;
    Ok(Json(Audit { next: next(&audit, limit, audit::Entry::id), audit }))
}

/// The snapshot: everything, an object on each line. Of a long one, a part may be asked for.
#[utoipa::path(get, path = "/snapshot", tag = "source",
    params(("if-none-match" = Option<String>, Header), ("if-match" = Option<String>, Header), ("range" = Option<String>, Header)),
    responses((status = 200, description = "The snapshot", content_type = "application/x-ndjson", body = String,
        headers(("etag" = String))), (status = 206, description = "The part of it that was asked for", content_type = "application/x-ndjson",
        body = String, headers(("etag" = String), ("content-range" = String))), (status = 304, description = "It has not changed"),
        (status = 412, description = "It has changed"), (status = 416, description = "It has no such part"), Problem))]
async fn snapshot(Given(registry): Given<Shared>, headers: HeaderMap) -> Result<Response, Problem> {
    blocking(move || {
        // While one asks for it, the others wait for the same.
        let mut last = registry.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        registry.store.read(|database| {
            let version = store::version(database)?;
            let etag = version.etag()?;
            let mut state = HeaderMap::new();
            state.typed_insert(CacheControl::new().with_no_cache());
            state.typed_insert(etag.clone());
            if let Some(status) = selected::condition(&headers, &etag) {
                return Ok((status, state).into_response());
            }
            let bytes = match &*last {
                Some((made, bytes)) if *made == version => bytes.clone(),
                Some(_) | None => source::snapshot(database)?.into(),
            };
            let (status, told, part) = selected::part(&headers, &bytes);
            *last = Some((version, bytes));
            Ok((status, state, told, [(header::CONTENT_TYPE, "application/x-ndjson")], part).into_response())
        })
    })
    .await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Question {
    /// The hash of a key: 43 characters of base64url.
    key: Option<String>,
    /// An identity, in place of a key.
    identity: Option<String>,
    /// The API.
    api: String,
}

/// The lookup: one question about one caller and one API.
#[utoipa::path(get, path = "/lookup", tag = "source", params(Question),
    responses((status = 200, description = "What is known", body = serde_json::Value),
        (status = 404, description = "Nobody has that key or identity", body = serde_json::Value), Problem))]
async fn lookup(
    Given(registry): Given<Shared>,
    Query(Question { key, identity, api }): Query<Question>,
) -> Result<Response, Problem> {
    let caller = match (key, identity) {
        (Some(key), None) if secret::is_hash(&key) => Caller::Key(key),
        (Some(_), None) => {
            let remedy = "Send 43 characters of base64url without padding: the hash, and never the key itself.";
            return Err(Problem::question("`key` is not a hash.", remedy));
        }
        (None, Some(identity)) => Caller::Identity(identity),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Problem::question("There must be either `key` or `identity`.", "Send one of them."));
        }
    };
    let found = read(registry, move |database| source::lookup(database, &caller, &api)).await?;
    let status = match found {
        Found::Consumer(_) => StatusCode::OK,
        Found::Nobody { .. } => StatusCode::NOT_FOUND,
    };
    Ok((status, [(header::CACHE_CONTROL, "no-cache")], Json(found)).into_response())
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "service",
    responses((status = 200, description = "This document", body = serde_json::Value), Problem))]
async fn openapi(Given(registry): Given<Shared>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], registry.document.clone()).into_response()
}

#[derive(Serialize, ToSchema)]
struct Health {
    /// That of the data.
    version: u64,
}

/// Whether the database answers.
#[utoipa::path(get, path = "/health", tag = "service",
    responses((status = 200, description = "It does", body = Health), Problem))]
async fn health(Given(registry): Given<Shared>) -> Result<Json<Health>, Problem> {
    let version = read(registry, store::version).await?;
    Ok(Json(Health { version: version.number }))
}
