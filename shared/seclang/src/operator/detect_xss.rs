//! `@detectXSS`: libinjection takes the value for HTML with script in it; it captures the whole value.
//!
//! The port of libinjection takes an attribute for a handler of events if it is one (`onload`); the original, and this, if it begins with
//! one (`onload1`). A zero byte is white space to the original and none to the port: a value that has one is looked at both ways.

#[cfg(test)]
use super::Case;
use super::{Expand, Files, Hit, Literals, Test, no_argument};
use libinjectionrs::xss::{Html5Flags, Html5State, TokenType};
use std::sync::LazyLock;

/// See the module.
pub struct DetectXss;

impl Test for DetectXss {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("", b"<script>alert(1)</script>", Some("<script>alert(1)</script>")),
        ("", b"<b>x</b>", None),
        ("", b"", None),
        ("", b" onload1=x", Some(" onload1=x")),
        ("", b" ATTRIBUTENAME=onclick", Some(" ATTRIBUTENAME=onclick")),
        ("", b" on=x", None),
        ("", b"onload", None),
        ("", b"x onwards=y", None),
        ("", b"<a\x00href=javascript:x", Some("")),
        ("", b"<b \x00onclick=x", Some("")),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &["x"];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        no_argument("detectXSS", argument).map(|()| Self)
    }

    fn test(&self, value: &[u8], capture: bool, _: Expand<'_>) -> Option<Hit> {
        if !has_signs(value) {
            return None;
        }
        let is_script = |value: &[u8]| libinjectionrs::detect_xss(value).is_injection() || has_handler(value);
        let spaced = || value.iter().map(|byte| if *byte == 0 { b' ' } else { *byte }).collect::<Vec<u8>>();
        let found = is_script(value) || memchr::memchr(0, value).is_some() && is_script(&spaced());
        found.then(|| Hit::of(|| value.to_vec(), capture))
    }

    fn literals(&self) -> Option<Literals> {
        None
    }
}

/// Whether there may be a tag, or an attribute with a value: nothing else is script to libinjection. Most values have no sign of either, and
/// are read five times otherwise.
fn has_signs(value: &[u8]) -> bool {
    memchr::memchr2(b'<', b'=', value).is_some()
}

/// The events whose handlers are attributes, in lower case and without those that begin with another.
const EVENTS: &str = "abort activate active addsourcebuffer addstream addtrack afterprint animationcancel animationend animationiteration \
    animationstart audioend audioprocess audiostart autocomplete beforeactivate beforecopy beforecut beforeinput beforeload \
    beforepaste beforeprint beforeunload beginevent blocked blur boundary bufferedamountlow cached cancel canplay change \
    chargingchange chargingtimechange checking click close complete compositionend compositionstart compositionupdate connect \
    contextmenu controllerchange copy cuechange cut dataavailable datachannel dblclick devicechange devicemotion deviceorientation \
    dischargingtimechange disconnect domactivate domcharacterdatamodified domcontentloaded domfocusin domfocusout domnodeinserted \
    domnoderemoved domsubtreemodified downloading drag drop durationchange emptied encrypted end enter error exit fetch finish focus \
    formchange forminput gamepadconnected gamepaddisconnected gesturechange gestureend gesturescrollend gesturescrollstart \
    gesturescrollupdate gesturestart gesturetap gotpointercapture hashchange icecandidate iceconnectionstatechange \
    icegatheringstatechange inactive input install invalid keydown keypress keystatuseschange keyup languagechange \
    leavepictureinpicture levelchange load lostpointercapture mark merchantvalidation message mousedown mouseenter mouseleave \
    mousemove mouseout mouseover mouseup mousewheel mute negotiationneeded nexttrack nomatch noupdate obsolete offline online open \
    orientationchange overconstrained overflowchanged pagehide pageshow paste pause payerdetailchange paymentauthorized \
    paymentmethodchange paymentmethodselected play pointercancel pointerdown pointerenter pointerleave pointerlockchange \
    pointerlockerror pointermove pointerout pointerover pointerup popstate previoustrack processorerror progress propertychange \
    ratechange readystatechange rejectionhandled remove reset resize resourcetimingbufferfull result resume scroll search \
    securitypolicyviolation seeked seeking select shippingaddresschange shippingcontactselected shippingmethodselected \
    shippingoptionchange show signalingstatechange slotchange soundend soundstart sourceclose sourceended sourceopen speechend \
    speechstart squeeze stalled start statechange stop storage submit success suspend textinput timeout timeupdate toggle tonechange \
    touchcancel touchend touchforcechange touchmove touchstart track transitioncancel transitionend transitionrun transitionstart \
    uncapturederror unhandledrejection unload unmute update upgradeneeded validatemerchant versionchange visibilitychange \
    volumechange waiting webglcontextchanged webglcontextcreationerror webglcontextlost webglcontextrestored webkitanimationend \
    webkitanimationiteration webkitanimationstart webkitbeforetextinserted webkitbeginfullscreen \
    webkitcurrentplaybacktargetiswirelesschanged webkitendfullscreen webkitfullscreenchange webkitfullscreenerror webkitkeyadded \
    webkitkeyerror webkitkeymessage webkitmouseforcechanged webkitmouseforcedown webkitmouseforceup webkitmouseforcewillbegin \
    webkitneedkey webkitnetworkinfochange webkitplaybacktargetavailabilitychanged webkitpresentationmodechanged \
    webkitregionoversetchange webkitremovesourcebuffer webkitsourceclose webkitsourceended webkitsourceopen webkitspeechchange \
    webkittransitionend webkitwillrevealbottom webkitwillrevealleft webkitwillrevealright webkitwillrevealtop wheel write zoom";

static SORTED: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut events: Vec<&str> = EVENTS.split_ascii_whitespace().collect();
    events.sort_unstable();
    events
});

/// Whether an attribute, or the value of `attributename`, begins with a handler, in any of the contexts in which the value may stand.
fn has_handler(value: &[u8]) -> bool {
    // Few values get past this, and those that do are read five times.
    let named = memchr::memchr2_iter(b'o', b'O', value).any(|at| value.get(at..).is_some_and(is_handler));
    let contexts = [
        Html5Flags::DataState,
        Html5Flags::ValueNoQuote,
        Html5Flags::ValueSingleQuote,
        Html5Flags::ValueDoubleQuote,
        Html5Flags::ValueBackQuote,
    ];
    named && memchr::memchr(b'=', value).is_some() && contexts.into_iter().any(|context| has_handler_in(value, context))
}

enum Attribute {
    Handler,
    /// Its value is the name of an attribute.
    Names,
    Other,
}

fn has_handler_in(value: &[u8], context: Html5Flags) -> bool {
    let mut tokens = Html5State::new(value, context);
    let mut attribute = Attribute::Other;
    while tokens.next() {
        let token = tokens.token_start.get(..tokens.token_len).unwrap_or_default();
        let handler = || token.len() >= 5 && is_handler(tokens.token_start);
        attribute = match (tokens.token_type, &attribute) {
            (TokenType::AttrName, _) if handler() => Attribute::Handler,
            (TokenType::AttrName, _) if token.eq_ignore_ascii_case(b"attributename") => Attribute::Names,
            (TokenType::AttrValue, Attribute::Handler) => return true,
            (TokenType::AttrValue, Attribute::Names) if handler() => return true,
            _ => Attribute::Other,
        };
    }
    false
}

fn is_handler(text: &[u8]) -> bool {
    let Some(([b'o' | b'O', b'n' | b'N'], rest)) = text.split_first_chunk::<2>() else { return false };
    let mut start = [0; 48];
    start.iter_mut().zip(rest).for_each(|(to, from)| *to = from.to_ascii_lowercase());
    // As none begins with another, only the last of those that are not greater can be what it begins with.
    let after = SORTED.partition_point(|event| event.as_bytes() <= start.as_slice());
    after.checked_sub(1).and_then(|last| SORTED.get(last)).is_some_and(|event| start.starts_with(event.as_bytes()))
}

#[cfg(test)]
mod tests {
    use crate::operator::random::values;

    #[test]
    fn what_is_passed_over_is_no_script_to_libinjection() {
        for value in values(b"<=on load'\"`>/!?%-x\0", 40_000, 12) {
            if !super::has_signs(&value) {
                let found = libinjectionrs::detect_xss(&value).is_injection() || super::has_handler(&value);
                assert!(!found, "{}", value.escape_ascii());
            }
        }
    }
}
