//! In a real browser, headless Chromium, through the real Envoy: what pages of several origins can read, and what reaches the upstream.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod cookies;
#[cfg(test)]
mod expired;
#[cfg(test)]
mod preflights;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod scene;
#[cfg(test)]
#[path = "../end_to_end/stage.rs"]
#[expect(dead_code, reason = "the end-to-end tests need more of it")]
mod stage;
#[cfg(test)]
mod webdriver;
