//! What a SecLang file says, as read: directives with their places. Nothing is compiled yet.

use std::rc::Rc;

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name of the file, as `Include` or the configuration names it.
    pub file: Rc<str>,
    /// The line, from 1: the first of a directive that spans several.
    pub line: u32,
    /// The column, from 1, in bytes.
    pub column: u32,
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// The directive, as it is written: `SecRule`.
    pub directive: String,
    /// The id of the rule, where it is known.
    pub rule: Option<u64>,
    /// What is wrong, and the remedy.
    pub message: String,
}

/// A directive.
#[derive(Clone, Debug, PartialEq)]
pub enum Directive {
    /// `SecRule` and `SecAction`; the latter has no targets and the operator `unconditionalMatch`.
    Rule(Box<Rule>),
    /// `SecMarker`.
    Marker(Place, String),
    /// `SecDefaultAction`.
    DefaultAction(Place, Vec<Action>),
    /// `SecRuleRemoveById`: numbers and ranges.
    RemoveById(Place, Vec<(u64, u64)>),
    /// `SecRuleRemoveByTag`: a regular expression.
    RemoveByTag(Place, String),
    /// `SecRuleRemoveByMsg`: a regular expression.
    RemoveByMsg(Place, String),
    /// `SecRuleUpdateTargetById`: numbers and ranges, and the targets.
    UpdateTargetById(Place, Vec<(u64, u64)>, Vec<Target>),
    /// `SecRuleUpdateTargetByTag`.
    UpdateTargetByTag(Place, String, Vec<Target>),
    /// `SecRuleUpdateTargetByMsg`.
    UpdateTargetByMsg(Place, String, Vec<Target>),
    /// `SecRuleUpdateActionById`.
    UpdateActionById(Place, u64, Vec<Action>),
    /// A setting of the engine.
    Setting(Place, Setting),
}

/// `SecRuleEngine` and the like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// `On`.
    On,
    /// `Off`.
    Off,
    /// `DetectionOnly`.
    DetectionOnly,
}

/// What becomes of a body over its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitAction {
    /// `Reject`.
    Reject,
    /// `ProcessPartial`.
    ProcessPartial,
}

/// Settings of the recommended configuration of ModSecurity. Those that have no meaning inside a proxy (paths of audit logs, temporary
/// folders) are read, so that a configuration loads, and are `Ignored` by name.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// `SecRuleEngine`.
    RuleEngine(Switch),
    /// `SecRequestBodyAccess`.
    RequestBodyAccess(bool),
    /// `SecResponseBodyAccess`.
    ResponseBodyAccess(bool),
    /// `SecRequestBodyLimit`, bytes.
    RequestBodyLimit(u64),
    /// `SecRequestBodyNoFilesLimit`, bytes.
    RequestBodyNoFilesLimit(u64),
    /// `SecRequestBodyLimitAction`.
    RequestBodyLimitAction(LimitAction),
    /// `SecRequestBodyJsonDepthLimit`.
    RequestBodyJsonDepthLimit(u64),
    /// `SecArgumentsLimit`.
    ArgumentsLimit(u64),
    /// `SecResponseBodyLimit`, bytes.
    ResponseBodyLimit(u64),
    /// `SecResponseBodyLimitAction`.
    ResponseBodyLimitAction(LimitAction),
    /// `SecResponseBodyMimeType`: these are inspected, too (ModSecurity begins with `text/plain` and `text/html`).
    ResponseBodyMimeType(Vec<String>),
    /// `SecResponseBodyMimeTypesClear`: none of those named before.
    ResponseBodyMimeTypesClear,
    /// `SecArgumentSeparator`.
    ArgumentSeparator(u8),
    /// `SecCookieFormat`.
    CookieFormat(u8),
    /// `SecUnicodeMapFile`: the file and the code page.
    UnicodeMapFile(String, u32),
    /// `SecUploadFileLimit`: how many files a body may have.
    UploadFileLimit(u64),
    /// `SecWebAppId`: the value of `WEBAPPID`.
    WebAppId(String),
    /// `SecPcreMatchLimit` and its like: our matching is linear, so that they bound nothing.
    Ignored(String),
    /// `SecComponentSignature`.
    ComponentSignature(String),
    /// `SecCollectionTimeout`, seconds.
    CollectionTimeout(u64),
    /// `SecAuditEngine`: `On`, `Off`, `RelevantOnly`, as written.
    AuditEngine(String),
    /// `SecAuditLogRelevantStatus`.
    AuditLogRelevantStatus(String),
    /// `SecAuditLogParts`.
    AuditLogParts(String),
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Where it stands.
    pub place: Place,
    /// `SecRule` or `SecAction`.
    pub directive: &'static str,
    /// What it looks at, in order.
    pub targets: Vec<Target>,
    /// How it looks.
    pub operator: OperatorText,
    /// What it does, in order. A chained rule follows the one that has [`Action::Chain`] as the next directive.
    pub actions: Vec<Action>,
}

/// An operator, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorText {
    /// Whether `!` stands before it.
    pub negated: bool,
    /// The name without `@`; `rx` where none is written.
    pub name: String,
    /// What follows the one blank behind the name, unescaped (`\"` is `"`; every other backslash stays). Further blanks belong to it, as
    /// in ModSecurity v3: patterns of the Core Rule Set end with one. An operator to which they mean nothing takes them off itself.
    pub argument: String,
    /// Where the argument begins.
    pub place: Place,
}

/// One part of what a rule looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `!`: it is left out.
    pub excluded: bool,
    /// `&`: how many there are.
    pub counted: bool,
    /// Which.
    pub variable: Variable,
    /// Which members of a collection.
    pub selection: Selection,
}

/// Which members of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All of it, or a variable that is no collection.
    All,
    /// Those of that name, in any case. In the case in which it is written.
    Key(Key),
    /// Those whose names match this regular expression, in any case (as in ModSecurity v3), written between slashes.
    Pattern(String),
}

/// The name of a member: bytes, since a client may send any, and the language can write any.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Box<[u8]>);

impl Key {
    /// The name, in the case in which it is written.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Key {
    fn from(name: Vec<u8>) -> Self {
        Self(name.into())
    }
}

impl From<&str> for Key {
    fn from(name: &str) -> Self {
        Self(name.as_bytes().into())
    }
}

impl PartialEq<str> for Key {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// Makes the enum of variables and their names, which are read in any case.
macro_rules! variables {
    ($($variable:ident = $name:literal),* $(,)?) => {
        /// A variable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "their names in the rule language are their documentation")]
        pub enum Variable { $($variable),* }

        impl Variable {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variable),*];

            /// As rules write it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variable => $name),* }
            }
        }
    };
}

variables! {
    Args = "ARGS", ArgsCombinedSize = "ARGS_COMBINED_SIZE", ArgsGet = "ARGS_GET", ArgsGetNames = "ARGS_GET_NAMES", ArgsNames = "ARGS_NAMES",
    ArgsPost = "ARGS_POST", ArgsPostNames = "ARGS_POST_NAMES", AuthType = "AUTH_TYPE", Duration = "DURATION", Env = "ENV", Files = "FILES",
    FilesCombinedSize = "FILES_COMBINED_SIZE", FilesNames = "FILES_NAMES", FilesSizes = "FILES_SIZES", FullRequest = "FULL_REQUEST",
    FullRequestLength = "FULL_REQUEST_LENGTH", Geo = "GEO", Global = "GLOBAL", HighestSeverity = "HIGHEST_SEVERITY",
    InboundDataError = "INBOUND_DATA_ERROR", Ip = "IP", MatchedVar = "MATCHED_VAR", MatchedVarName = "MATCHED_VAR_NAME",
    MatchedVars = "MATCHED_VARS", MatchedVarsNames = "MATCHED_VARS_NAMES", MultipartBoundaryQuoted = "MULTIPART_BOUNDARY_QUOTED",
    MultipartBoundaryWhitespace = "MULTIPART_BOUNDARY_WHITESPACE", MultipartDataAfter = "MULTIPART_DATA_AFTER",
    MultipartDataBefore = "MULTIPART_DATA_BEFORE", MultipartFileLimitExceeded = "MULTIPART_FILE_LIMIT_EXCEEDED",
    MultipartFilename = "MULTIPART_FILENAME", MultipartHeaderFolding = "MULTIPART_HEADER_FOLDING",
    MultipartInvalidHeaderFolding = "MULTIPART_INVALID_HEADER_FOLDING", MultipartInvalidPart = "MULTIPART_INVALID_PART",
    MultipartInvalidQuoting = "MULTIPART_INVALID_QUOTING", MultipartLfLine = "MULTIPART_LF_LINE",
    MultipartMissingSemicolon = "MULTIPART_MISSING_SEMICOLON", MultipartName = "MULTIPART_NAME",
    MultipartPartHeaders = "MULTIPART_PART_HEADERS", MultipartStrictError = "MULTIPART_STRICT_ERROR",
    MultipartUnmatchedBoundary = "MULTIPART_UNMATCHED_BOUNDARY", OutboundDataError = "OUTBOUND_DATA_ERROR", PathInfo = "PATH_INFO",
    QueryString = "QUERY_STRING", RemoteAddr = "REMOTE_ADDR", RemoteHost = "REMOTE_HOST", RemotePort = "REMOTE_PORT",
    RemoteUser = "REMOTE_USER", ReqbodyError = "REQBODY_ERROR", ReqbodyErrorMsg = "REQBODY_ERROR_MSG",
    ReqbodyProcessor = "REQBODY_PROCESSOR", ReqbodyProcessorError = "REQBODY_PROCESSOR_ERROR",
    ReqbodyProcessorErrorMsg = "REQBODY_PROCESSOR_ERROR_MSG", RequestBasename = "REQUEST_BASENAME", RequestBody = "REQUEST_BODY",
    RequestBodyLength = "REQUEST_BODY_LENGTH", RequestCookies = "REQUEST_COOKIES", RequestCookiesNames = "REQUEST_COOKIES_NAMES",
    RequestFilename = "REQUEST_FILENAME", RequestHeaders = "REQUEST_HEADERS", RequestHeadersNames = "REQUEST_HEADERS_NAMES",
    RequestLine = "REQUEST_LINE", RequestMethod = "REQUEST_METHOD", RequestProtocol = "REQUEST_PROTOCOL", RequestUri = "REQUEST_URI",
    RequestUriRaw = "REQUEST_URI_RAW", Resource = "RESOURCE", ResponseBody = "RESPONSE_BODY", ResponseContentLength = "RESPONSE_CONTENT_LENGTH",
    ResponseContentType = "RESPONSE_CONTENT_TYPE", ResponseHeaders = "RESPONSE_HEADERS", ResponseHeadersNames = "RESPONSE_HEADERS_NAMES",
    ResponseProtocol = "RESPONSE_PROTOCOL", ResponseStatus = "RESPONSE_STATUS", Rule = "RULE", ServerAddr = "SERVER_ADDR",
    ServerName = "SERVER_NAME", ServerPort = "SERVER_PORT", Session = "SESSION", SessionId = "SESSIONID", StatusLine = "STATUS_LINE",
    Time = "TIME", TimeDay = "TIME_DAY", TimeEpoch = "TIME_EPOCH", TimeHour = "TIME_HOUR", TimeMin = "TIME_MIN", TimeMon = "TIME_MON",
    TimeSec = "TIME_SEC", TimeWday = "TIME_WDAY", TimeYear = "TIME_YEAR", Tx = "TX", UniqueId = "UNIQUE_ID",
    UrlencodedError = "URLENCODED_ERROR", User = "USER", UserId = "USERID", WebAppId = "WEBAPPID", Xml = "XML",
}

impl Variable {
    /// The variable of that name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|variable| variable.name().eq_ignore_ascii_case(name))
    }

    /// Whether it has members with names, so that a rule can select some of them.
    pub fn is_collection(self) -> bool {
        COLLECTIONS.contains(&self)
    }

    /// Whether rules can write to it (`setvar`), and `initcol` can open it; `TX` is always open.
    pub fn is_writable(self) -> bool {
        WRITABLE.contains(&self)
    }

    /// Whether it is the time of the request, or a part of that.
    pub fn is_time(self) -> bool {
        TIME.contains(&self)
    }
}

const TIME: &[Variable] = &[
    Variable::Time,
    Variable::TimeDay,
    Variable::TimeEpoch,
    Variable::TimeHour,
    Variable::TimeMin,
    Variable::TimeMon,
    Variable::TimeSec,
    Variable::TimeWday,
    Variable::TimeYear,
];

const COLLECTIONS: &[Variable] = &[
    Variable::Args,
    Variable::ArgsGet,
    Variable::ArgsGetNames,
    Variable::ArgsNames,
    Variable::ArgsPost,
    Variable::ArgsPostNames,
    Variable::Env,
    Variable::Files,
    Variable::FilesNames,
    Variable::FilesSizes,
    Variable::Geo,
    Variable::Global,
    Variable::Ip,
    Variable::MatchedVars,
    Variable::MatchedVarsNames,
    Variable::MultipartFilename,
    Variable::MultipartName,
    Variable::MultipartPartHeaders,
    Variable::RequestCookies,
    Variable::RequestCookiesNames,
    Variable::RequestHeaders,
    Variable::RequestHeadersNames,
    Variable::Resource,
    Variable::ResponseHeaders,
    Variable::ResponseHeadersNames,
    Variable::Rule,
    Variable::Session,
    Variable::Tx,
    Variable::User,
    Variable::Xml,
];

const WRITABLE: &[Variable] =
    &[Variable::Global, Variable::Ip, Variable::Resource, Variable::Session, Variable::Tx, Variable::User];

/// A text with variables in it: `%{tx.name}`, `%{MATCHED_VAR}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(pub Vec<Part>);

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// As it is.
    Text(String),
    /// The value of a variable; of a collection, that of the member of this name (`None`: of the first).
    Value(Variable, Option<String>),
}

/// `setvar`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetVar {
    /// The collection: nearly always `TX`.
    pub collection: Variable,
    /// The member.
    pub key: Template,
    /// What becomes of it.
    pub to: Assignment,
}

/// What becomes of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// `=`; also without a value, which is `1`.
    Set(Template),
    /// `=+`.
    Add(Template),
    /// `=-`.
    Subtract(Template),
    /// `!`: it is unset.
    Unset,
}

/// `ctl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// `ruleEngine`.
    RuleEngine(Switch),
    /// `auditEngine`, as written.
    AuditEngine(String),
    /// `auditLogParts`, as written.
    AuditLogParts(String),
    /// `requestBodyAccess`.
    RequestBodyAccess(bool),
    /// `responseBodyAccess`.
    ResponseBodyAccess(bool),
    /// `requestBodyProcessor`, in capitals: `URLENCODED`, `JSON`, `XML`, `MULTIPART`.
    RequestBodyProcessor(String),
    /// `forceRequestBodyVariable`.
    ForceRequestBodyVariable(bool),
    /// `ruleRemoveById`.
    RuleRemoveById(u64, u64),
    /// `ruleRemoveByTag`: a regular expression.
    RuleRemoveByTag(String),
    /// `ruleRemoveByMsg`: a regular expression.
    RuleRemoveByMsg(String),
    /// `ruleRemoveTargetById`.
    RuleRemoveTargetById(u64, u64, Target),
    /// `ruleRemoveTargetByTag`.
    RuleRemoveTargetByTag(String, Target),
    /// `ruleRemoveTargetByMsg`.
    RuleRemoveTargetByMsg(String, Target),
}

/// An action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `id`.
    Id(u64),
    /// `phase`, 1 to 5 (`request` is 2, `response` 4, `logging` 5).
    Phase(u8),
    /// `msg`.
    Msg(Template),
    /// `logdata`.
    LogData(Template),
    /// `tag`.
    Tag(Template),
    /// `ver`.
    Ver(String),
    /// `rev`.
    Rev(String),
    /// `maturity` and `accuracy`, which say nothing to an engine.
    Ignored(&'static str, String),
    /// `severity`, 0 (emergency) to 7 (debug).
    Severity(u8),
    /// `t`, with the name in the case in which it is written; `none` begins anew.
    Transform(String),
    /// `capture`.
    Capture,
    /// `multiMatch`.
    MultiMatch,
    /// `chain`.
    Chain,
    /// `skip`.
    Skip(u32),
    /// `skipAfter`.
    SkipAfter(String),
    /// `setvar`.
    SetVar(SetVar),
    /// `initcol`: the collection and its key. There is no memory between requests here.
    InitCol(Variable, Template),
    /// `setuid`, `setsid`, `setrsc`, `setenv`, `expirevar`, `deprecatevar`: the name and the text.
    SetOther(&'static str, Template),
    /// `ctl`.
    Ctl(Control),
    /// `log`.
    Log,
    /// `nolog`.
    NoLog,
    /// `auditlog`.
    AuditLog,
    /// `noauditlog`.
    NoAuditLog,
    /// `status`.
    Status(u16),
    /// `allow`; `allow:phase`, `allow:request`.
    Allow(Allow),
    /// `block`: as the default action says.
    Block,
    /// `deny`.
    Deny,
    /// `drop`.
    Drop,
    /// `pass`.
    Pass,
    /// `redirect`.
    Redirect(Template),
}

/// How much `allow` lets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allow {
    /// The rest of the transaction.
    All,
    /// The rest of the phase.
    Phase,
    /// The rest of the request: phases 1 and 2.
    Request,
}
