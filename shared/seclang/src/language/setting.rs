//! Settings of the engine: those of the recommended configuration of ModSecurity, and what of others can be left out without harm.

use super::actions::number;
use super::ast::{LimitAction, Setting};
use super::ctl::{is_audit_engine, is_parts, on_or_off, switch};
use super::directive::Line;
use super::lexer::{Found, Text, shown};

/// What bounds or names something that is not there inside a proxy, with any value: files of logs, folders, limits of a matcher that
/// backtracks.
const IGNORED: &[&str] = &[
    "SecAuditLog",
    "SecAuditLog2",
    "SecAuditLogDirMode",
    "SecAuditLogFileMode",
    "SecAuditLogFormat",
    "SecAuditLogStorageDir",
    "SecAuditLogType",
    "SecCacheTransformations",
    "SecDataDir",
    "SecDebugLog",
    "SecDebugLogLevel",
    "SecPcreMatchLimit",
    "SecPcreMatchLimitRecursion",
    "SecRequestBodyInMemoryLimit",
    "SecRulePerfTime",
    "SecStatusEngine",
    "SecTmpDir",
    "SecTmpSaveUploadedFiles",
    "SecUploadDir",
    "SecUploadFileMode",
    "SecUploadKeepFiles",
];

/// What is not done here, so that only `Off` is true, and why.
const ONLY_OFF: &[(&str, &str)] = &[
    ("SecConnEngine", "connections are bounded by the proxy"),
    ("SecContentInjection", "bodies of responses are not changed here"),
    ("SecDisableBackendCompression", "compressed bodies are inspected; what the upstream sends is its own matter"),
    ("SecHashEngine", "links are not signed here"),
    ("SecInterceptOnError", "what cannot be inspected is always refused here"),
    ("SecParseXmlIntoArgs", "XML never becomes arguments here; look at `XML:/*` and `XML://@*`"),
    ("SecRuleInheritance", "there is one rule set, which inherits nothing"),
    ("SecStreamInBodyInspection", "look at REQUEST_BODY"),
    ("SecStreamOutBodyInspection", "look at RESPONSE_BODY"),
    ("SecXmlExternalEntity", "external entities are never fetched"),
];

/// What is not supported with any value, and why.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("SecChrootDir", "a filter has no folders"),
    ("SecConnReadStateLimit", "connections are bounded by the proxy"),
    ("SecConnWriteStateLimit", "connections are bounded by the proxy"),
    ("SecCookieV0Separator", "cookies are separated by `;`"),
    ("SecGeoLookupDb", "there is no database of places here; the proxy can set a header and a rule can look at it"),
    ("SecGsbLookupDb", "the service no longer exists"),
    ("SecGuardianLog", "the access log of the proxy tells what was refused"),
    ("SecHashKey", "links are not signed here"),
    ("SecHashMethodPm", "links are not signed here"),
    ("SecHashMethodRx", "links are not signed here"),
    ("SecHashParam", "links are not signed here"),
    ("SecHttpBlKey", "names cannot be looked up while a request waits"),
    ("SecReadStateLimit", "connections are bounded by the proxy"),
    ("SecRemoteRules", "rules are never fetched; put them into the configuration"),
    ("SecRemoteRulesFailAction", "rules are never fetched; put them into the configuration"),
    ("SecRequestEncoding", "values are bytes; use the transformations that decode"),
    ("SecRuleScript", "no program can be run inside a proxy; write a rule"),
    ("SecSensorId", "the log of the proxy names its host"),
    ("SecServerSignature", "the proxy writes the `server` header; configure it there"),
    ("SecUnicodeCodePage", "write the code page behind the file of SecUnicodeMapFile"),
    ("SecWriteStateLimit", "connections are bounded by the proxy"),
];

fn listed<'a, T>(table: &'a [(&'static str, T)], name: &str) -> Option<&'a (&'static str, T)> {
    table.iter().find(|(listed, _)| listed.eq_ignore_ascii_case(name))
}

/// Reads a setting by its name in lower case.
pub(super) fn read(name: &str, line: &Line, found: &mut Found) -> Option<Setting> {
    Some(match name {
        "secruleengine" => Setting::RuleEngine(one(line, "On, Off or DetectionOnly", switch, found)?),
        "secrequestbodyaccess" => Setting::RequestBodyAccess(one(line, "On or Off", on_or_off, found)?),
        "secresponsebodyaccess" => Setting::ResponseBodyAccess(one(line, "On or Off", on_or_off, found)?),
        "secrequestbodylimit" => Setting::RequestBodyLimit(one(line, BYTES, number, found)?),
        "secrequestbodynofileslimit" => Setting::RequestBodyNoFilesLimit(one(line, BYTES, number, found)?),
        "secresponsebodylimit" => Setting::ResponseBodyLimit(one(line, BYTES, number, found)?),
        "secrequestbodylimitaction" => Setting::RequestBodyLimitAction(one(line, LIMIT_ACTION, limit_action, found)?),
        "secresponsebodylimitaction" => Setting::ResponseBodyLimitAction(one(line, LIMIT_ACTION, limit_action, found)?),
        "secrequestbodyjsondepthlimit" => Setting::RequestBodyJsonDepthLimit(one(line, NUMBER, number, found)?),
        "secargumentslimit" => Setting::ArgumentsLimit(one(line, NUMBER, number, found)?),
        "secuploadfilelimit" => Setting::UploadFileLimit(one(line, NUMBER, number, found)?),
        "seccollectiontimeout" => Setting::CollectionTimeout(one(line, "a number of seconds", number, found)?),
        "secresponsebodymimetype" => {
            if line.words.is_empty() {
                line.wrong_count("text/plain text/html", found);
            }
            let types = line.words.iter().flat_map(|word| word.as_str().split_ascii_whitespace());
            Setting::ResponseBodyMimeType(types.map(str::to_owned).collect())
        }
        "secresponsebodymimetypesclear" => {
            let [] = line.take("", found)?;
            Setting::ResponseBodyMimeTypesClear
        }
        "secargumentseparator" => {
            let byte = |text: &str| <[u8; 1]>::try_from(text.as_bytes()).ok().map(|[byte]| byte);
            Setting::ArgumentSeparator(one(line, "one byte, as in &", byte, found)?)
        }
        "seccookieformat" => {
            let format = |text: &str| (text == "0").then_some(0);
            Setting::CookieFormat(one(line, "0: version 1 of cookies is obsolete and not supported", format, found)?)
        }
        "secunicodemapfile" => {
            let [file, page] = line.take("unicode.mapping 20127", found)?;
            let page = parsed(page, "a code page, as in 20127", |text| number(text)?.try_into().ok(), found)?;
            Setting::UnicodeMapFile(file.as_str().to_owned(), page)
        }
        "seccomponentsignature" => Setting::ComponentSignature(one(line, "a name", some_text, found)?),
        "secwebappid" => Setting::WebAppId(one(line, "a name", some_text, found)?),
        "secauditengine" => {
            let engine = |text: &str| is_audit_engine(text).then(|| text.to_owned());
            Setting::AuditEngine(one(line, "On, Off or RelevantOnly", engine, found)?)
        }
        "secauditlogrelevantstatus" => Setting::AuditLogRelevantStatus(one(line, "a pattern", some_text, found)?),
        "secauditlogparts" => {
            let parts = |text: &str| is_parts(text).then(|| text.to_owned());
            Setting::AuditLogParts(one(line, "letters from A to K and Z", parts, found)?)
        }
        other => return unusual(other, line, found),
    })
}

const BYTES: &str = "a number of bytes";
const NUMBER: &str = "a number";
const LIMIT_ACTION: &str = "Reject or ProcessPartial";

/// What has no meaning here, or is not there.
fn unusual(name: &str, line: &Line, found: &mut Found) -> Option<Setting> {
    if let Some(ignored) = IGNORED.iter().find(|ignored| ignored.eq_ignore_ascii_case(name)) {
        if line.words.is_empty() {
            line.wrong_count("and a value", found);
        }
        return Some(Setting::Ignored((*ignored).to_owned()));
    }
    if let Some((setting, why)) = listed(ONLY_OFF, name) {
        let [value] = line.take("Off", found)?;
        if value.as_str().eq_ignore_ascii_case("Off") {
            return Some(Setting::Ignored((*setting).to_owned()));
        }
        value.wrong(0, format!("{setting} can only be Off: {why}"), found);
        return None;
    }
    let written = line.name.as_str();
    let message = if let Some((setting, why)) = listed(UNSUPPORTED, name) {
        format!("{setting} is not supported: {why}; take the directive away")
    } else if written.starts_with('<') {
        format!("{} is a section of another server's configuration; take it away", shown(written))
    } else {
        format!(
            "{} is not a directive; check its spelling, and that the line before it ends with `\\` if it goes on here",
            shown(written)
        )
    };
    line.name.wrong(0, message, found);
    None
}

/// The only word, read.
fn one<T>(line: &Line, expected: &str, read: impl Fn(&str) -> Option<T>, found: &mut Found) -> Option<T> {
    let [value] = line.words.as_slice() else {
        let name = line.name.as_str();
        line.name.wrong(
            0,
            format!("{name} takes one word, {expected}; write it, with quotes around it if it has blanks"),
            found,
        );
        return None;
    };
    parsed(value, expected, read, found)
}

fn parsed<T>(value: &Text, expected: &str, read: impl Fn(&str) -> Option<T>, found: &mut Found) -> Option<T> {
    let parsed = read(value.as_str());
    if parsed.is_none() {
        value.wrong(0, format!("{} is not possible here; write {expected}", shown(value.as_str())), found);
    }
    parsed
}

fn some_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn limit_action(text: &str) -> Option<LimitAction> {
    match text.to_ascii_lowercase().as_str() {
        "reject" => Some(LimitAction::Reject),
        "processpartial" => Some(LimitAction::ProcessPartial),
        _ => None,
    }
}
