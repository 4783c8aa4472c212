//! What a caller is told when something is wrong: `application/problem+json` (RFC 9457) with a remedy.

use std::io::Write;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

/// The longest `detail`, in characters: it may repeat what the caller wrote.
const DETAIL_LIMIT: usize = 500;

/// What was wrong, and what to do (RFC 9457).
#[derive(Debug, Serialize, ToSchema, IntoResponses)]
#[response(
    status = "default",
    description = "What was wrong, and what to do",
    content_type = "application/problem+json"
)]
pub(crate) struct Problem {
    /// `urn:verdict:registry.<code>`.
    r#type: String,
    title: &'static str,
    status: u16,
    detail: String,
    /// What to do.
    remedy: String,
    /// The challenge that belongs to a 401 (RFC 6750, section 3).
    #[serde(skip)]
    challenge: Option<&'static str>,
}

impl Problem {
    fn new(status: StatusCode, code: &str, title: &'static str, detail: String, remedy: impl Into<String>) -> Self {
        let detail = detail.chars().take(DETAIL_LIMIT).collect();
        let r#type = format!("urn:verdict:registry.{code}");
        Self { r#type, title, status: status.as_u16(), detail, remedy: remedy.into(), challenge: None }
    }

    pub(crate) fn unauthorized(presented: bool) -> Self {
        let (detail, challenge) = match presented {
            true => {
                ("This is not the administrator's token.", "Bearer realm=\"verdict-registry\", error=\"invalid_token\"")
            }
            false => ("There is no token, or more than one.", "Bearer realm=\"verdict-registry\""),
        };
        let remedy =
            "Send one header `authorization: Bearer <token>` with the token that the registry was started with.";
        let title = "Only the administrator may do this.";
        let problem = Self::new(StatusCode::UNAUTHORIZED, "unauthorized", title, detail.to_owned(), remedy);
        Self { challenge: Some(challenge), ..problem }
    }

    /// What was sent can be read, and makes no sense.
    pub(crate) fn invalid(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        let title = "What was sent makes no sense.";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", title, detail.into(), remedy)
    }

    /// The question cannot be understood.
    pub(crate) fn question(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable", "The request cannot be read.", detail.into(), remedy)
    }

    pub(crate) fn missing(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing.", detail.into(), remedy)
    }

    pub(crate) fn method() -> Self {
        let detail = "There is something here, but nothing that this method does to it.".to_owned();
        let title = "This method is not possible here.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", title, detail, "See /openapi.json for what is possible.")
    }

    /// What is there already stands against it.
    pub(crate) fn conflict(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        let title = "What is there already stands against it.";
        Self::new(StatusCode::CONFLICT, "conflict", title, detail.into(), remedy)
    }

    /// Nothing that the caller did. The cause goes to the log, and not to the caller: it may name files.
    pub(crate) fn failed(cause: &dyn std::error::Error) -> Self {
        // Nobody is left to tell if this fails too.
        let _ = writeln!(std::io::stderr(), "a request failed: {cause}");
        let detail = "The registry could not do its work; its log says why.".to_owned();
        let remedy = "Try again, and ask whoever runs it if that does not help.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "failed", "The registry has failed.", detail, remedy)
    }

    /// Of a request that one of the extractors could not read.
    fn rejected(status: StatusCode, detail: String) -> Self {
        let (code, title, remedy) = match status {
            StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "The body is too large.", "Send at most 64 KiB."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                ("media_type", "The body is not JSON.", "Send JSON with `content-type: application/json`.")
            }
            StatusCode::UNPROCESSABLE_ENTITY => {
                ("invalid", "What was sent makes no sense.", "Send what /openapi.json says of this request.")
            }
            _ => ("unreadable", "The request cannot be read.", "Send what /openapi.json says of this request."),
        };
        Self::new(status, code, title, detail, remedy)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let challenge = self.challenge;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::rejected(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::rejected(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::rejected(rejection.status(), rejection.body_text())
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Self::failed(&error)
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self::failed(&error)
    }
}

impl From<crate::Error> for Problem {
    fn from(error: crate::Error) -> Self {
        Self::failed(&error)
    }
}
