use quick_xml::escape::escape;

use super::Api;
use crate::answer::Refusal;

/// Why a call as a whole is refused. It travels with status 500.
#[derive(Debug)]
pub(in crate::endpoint) struct Fault {
    code: Code,
    message: String,
}

#[derive(Debug)]
enum Code {
    /// The envelope cannot be read, or asks for what there is not.
    Client,
    /// The code of an exception, and the type that its details have.
    Exception(&'static str, &'static str),
}

impl Fault {
    pub(in crate::endpoint) fn client(message: impl Into<String>) -> Self {
        Self { code: Code::Client, message: message.into() }
    }

    pub(in crate::endpoint) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Code::Exception(code, "UnexpectedErrorFault"), message: message.into() }
    }

    /// A login that is refused.
    pub(super) fn login(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Code::Exception(code, "LoginFault"), message: message.into() }
    }

    /// The whole envelope.
    pub(super) fn write(&self, api: Api) -> String {
        let namespace = api.fault_namespace();
        let message = escape(&self.message);
        let fault = match self.code {
            Code::Client => {
                format!("<faultcode>soapenv:Client</faultcode><faultstring>{message}</faultstring>")
            }
            Code::Exception(code, _) if api == Api::Metadata => {
                format!("<faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>")
            }
            Code::Exception(code, kind) => {
                // Faults of logins were recorded without the prefix.
                let prefix = if kind == "LoginFault" { "" } else { "sf:" };
                format!(
                    "<faultcode>{prefix}{code}</faultcode><faultstring>{code}: {message}</faultstring><detail>\
                     <sf:{kind} xsi:type=\"sf:{kind}\"><sf:exceptionCode>{code}</sf:exceptionCode>\
                     <sf:exceptionMessage>{message}</sf:exceptionMessage></sf:{kind}></detail>"
                )
            }
        };
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope \
             xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:sf=\"{namespace}\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body><soapenv:Fault>{fault}\
             </soapenv:Fault></soapenv:Body></soapenv:Envelope>"
        )
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let (code, message) = refusal.first();
        Self::new(code, message)
    }
}
