use salesforce_http::{Effect, Request, Response, Result};

use crate::Client;

impl Client {
    /// Calls a class of the org's own (`@RestResource`): any verb, and a path below `/services/apexrest/`.
    ///
    /// ```no_run
    /// use salesforce_rest::{Client, Request};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Widget {
    ///     name: String,
    /// }
    ///
    /// # async fn run(client: Client) -> salesforce_rest::Result<()> {
    /// let widget: Widget = client.apex_rest(Request::get("widgets/7")).await?.json()?;
    /// let body = serde_json::json!({ "name": widget.name });
    /// client.apex_rest(Request::post("acme/widgets").json(&body)).await?; // `acme` is the namespace of a package
    /// # Ok(()) }
    /// ```
    ///
    /// What a class does is its own affair. So a PATCH is sent once, and a POST unless the request says otherwise; GET, PUT
    /// and DELETE are sent again when an answer was lost, as HTTP has it. Where a class does not keep to that, say
    /// [`with_effect(Effect::Once)`](Request::with_effect).
    /// A good answer is handed over whatever it holds, and a refusal is no proof that the class did nothing: a POST is not
    /// sent again for it.
    ///
    /// # Errors
    ///
    /// `Other` with the code `APEX_ERROR` when the class throws, with its words; `NotFound` when no class takes the path;
    /// `OutcomeUnknown` when the answer to what is sent once was lost.
    pub async fn apex_rest(&self, request: Request) -> Result<Response> {
        self.send(at_apex(request)).await
    }
}

fn at_apex(request: Request) -> Request {
    let request = request.below("/services/apexrest/");
    match *request.method() == http::Method::PATCH {
        true => request.with_effect(Effect::Once),
        false => request,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_apexrest_and_a_patch_is_sent_once() {
        let request = at_apex(Request::patch("widgets/7"));
        assert_eq!((request.path(), request.effect()), ("/services/apexrest/widgets/7", Effect::Once));
        assert_eq!(at_apex(Request::put("/services/apexrest/a")).effect(), Effect::Repeatable);
    }
}
