//! That the OpenAPI document lists every route, and says which of them need the token.

use serde_json::Value;
use verdict_gateway::Request;

use super::Desk;

/// Every route; those with `true` need the administrator's token.
const ROUTES: [(&str, &str, bool); 14] = [
    ("post", "/consumers", true),
    ("get", "/consumers", true),
    ("post", "/consumers/{consumer}/keys", true),
    ("delete", "/consumers/{consumer}/keys/{id}", true),
    ("put", "/plans/{plan}", true),
    ("post", "/subscriptions", true),
    ("get", "/subscriptions", true),
    ("post", "/subscriptions/{id}/{action}", true),
    ("get", "/audit", true),
    ("get", "/snapshot", false),
    ("get", "/lookup", false),
    ("get", "/openapi.json", false),
    ("get", "/health", false),
    // What is not there.
    ("get", "/nothing", false),
];

#[tokio::test]
async fn the_document_lists_every_route_and_whether_it_needs_the_token() {
    let desk = Desk::new().await;
    let document = desk.get("/openapi.json").await.json().unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut listed = 0;
    for (method, path, guarded) in ROUTES {
        let operation = &document["paths"][path][method];
        let reply = Request::new(&method.to_uppercase(), path).send(desk.0.address()).await.unwrap();
        if path == "/nothing" {
            assert_eq!((operation, reply.status), (&Value::Null, 404));
            continue;
        }
        listed += 1;
        assert!(operation["summary"].is_string(), "{method} {path} is not in the document");
        assert_eq!(operation["security"][0]["administrator"].is_array(), guarded, "{method} {path}");
        assert_eq!(reply.status == 401, guarded, "{method} {path}: {}", reply.status);
        assert!(![404, 405].contains(&reply.status), "{method} {path}: {}", reply.status);
        let problem = &operation["responses"]["default"]["content"]["application/problem+json"];
        assert!(problem.is_object(), "{method} {path} has no problem");
    }
    let all: usize = document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(all, listed, "{:#}", document["paths"]);
    assert_eq!(document["components"]["securitySchemes"]["administrator"]["scheme"], "bearer");
}

#[tokio::test]
async fn what_the_document_refers_to_is_in_it() {
    let desk = Desk::new().await;
    let text = desk.get("/openapi.json").await.text();
    let document: Value = serde_json::from_str(&text).unwrap();
    let references: Vec<&str> = text.split("\"$ref\": \"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(references.len() > 10);
    for pointer in references {
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}
