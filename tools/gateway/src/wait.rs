//! Waiting for something that another process does: polled, with a bound, and with what was seen last in the error.

use std::time::{Duration, Instant};

use crate::{Error, Result};

/// How long it waits between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Calls `probe` until it gives `Ok`, for at most `bound`; `Err` carries what it saw, for the message.
///
/// # Errors
/// When `bound` has passed: what was waited for, for how long, and what the last look saw.
pub async fn wait_for<T>(
    what: &str,
    bound: Duration,
    mut probe: impl AsyncFnMut() -> std::result::Result<T, String>,
) -> Result<T> {
    let start = Instant::now();
    let mut seen = "nothing yet".to_owned();
    while let Some(left) = bound.checked_sub(start.elapsed()) {
        match tokio::time::timeout(left, probe()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(state)) => seen = state,
            Err(_) => break,
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(Error::new(format!("waited {:.1} s for {what}; last seen: {seen}", start.elapsed().as_secs_f64())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_holds_at_the_third_look_is_returned() {
        let mut looks = 0;
        let found = wait_for("three", Duration::from_secs(5), async || {
            looks += 1;
            if looks == 3 { Ok(looks) } else { Err(looks.to_string()) }
        });
        assert_eq!(found.await.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_bound_that_passes_tells_the_last_state() {
        let waited = wait_for("rain", Duration::from_millis(50), async || Err::<(), _>("blue sky".to_owned())).await;
        let message = waited.unwrap_err().to_string();
        assert!(message.contains("for rain; last seen: blue sky"), "{message}");
    }

    #[tokio::test]
    async fn a_probe_that_hangs_is_bounded_too() {
        let waited = wait_for("rain", Duration::from_millis(50), async || {
            std::future::pending::<std::result::Result<(), String>>().await
        });
        assert!(waited.await.is_err());
    }
}
