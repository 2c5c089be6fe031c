use super::Fault;
use crate::xml::{self, Element};

/// What an envelope asks for. Prefixes and namespaces are not looked at, as the server does not look at all of them.
#[derive(Debug)]
pub(in crate::endpoint) struct Envelope {
    /// `SessionHeader/sessionId`
    pub(in crate::endpoint) session: Option<String>,
    /// `AllOrNoneHeader/allOrNone`
    pub(in crate::endpoint) all_or_none: bool,
    /// The first element of the body.
    pub(in crate::endpoint) operation: Element,
}

impl Envelope {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(bytes).map_err(|_| Fault::client("the envelope is not UTF-8"))?;
        let root = xml::parse(text).map_err(Fault::client)?;
        if root.name != "Envelope" {
            return Err(Fault::client(format!("an Envelope is expected, not {}", root.name)));
        }
        let header = |name: &str, value: &str| root.child("Header")?.child(name)?.get(value).map(str::to_owned);
        let session = header("SessionHeader", "sessionId");
        let all_or_none = header("AllOrNoneHeader", "allOrNone").is_some_and(|text| text == "true" || text == "1");
        let body = root.children.into_iter().find(|child| child.name == "Body");
        let operation = body.and_then(|body| body.children.into_iter().next());
        let operation = operation.ok_or_else(|| Fault::client("the envelope has no Body with an operation in it"))?;
        Ok(Self { session, all_or_none, operation })
    }
}

/// An envelope around an answer; `calls` are those of the day, used and allowed.
pub(super) fn write(namespace: &str, calls: Option<(u64, u64)>, answer: &Element) -> String {
    let mut body = String::new();
    answer.write(&mut body);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns=\"{namespace}\""
    );
    // Prefixes are declared where something uses them.
    for (used, space) in [
        (" xsi:", "xsi=\"http://www.w3.org/2001/XMLSchema-instance"),
        ("\"xsd:", "xsd=\"http://www.w3.org/2001/XMLSchema"),
    ] {
        if body.contains(used) {
            out.extend([" xmlns:", space, "\""]);
        }
    }
    out.push('>');
    if let Some((used, allowed)) = calls {
        let info = vec![
            Element::leaf("current", used.to_string()),
            Element::leaf("limit", allowed.to_string()),
            Element::leaf("type", "API REQUESTS"),
        ];
        let info = Element::new("LimitInfoHeader", vec![Element::new("limitInfo", info)]);
        Element::new("soapenv:Header", vec![info]).write(&mut out);
    }
    out.push_str("<soapenv:Body>");
    out.push_str(&body);
    out.push_str("</soapenv:Body></soapenv:Envelope>");
    out
}
