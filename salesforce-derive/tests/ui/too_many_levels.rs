use salesforce_rest::{ChildRows, SObject};

macro_rules! rows {
    ($($name:ident $children:ty;)*) => {
        $(#[derive(serde::Deserialize, SObject)]
        struct $name {
            #[serde(rename = "Children__r")]
            children: $children,
        })*
    };
}

rows! {
    A ChildRows<B>;
    B ChildRows<C>;
    C ChildRows<D>;
    D ChildRows<E>;
    E ChildRows<F>;
    F String;
}

#[derive(serde::Deserialize, SObject)]
struct G {
    #[serde(rename = "Children__r")]
    children: ChildRows<A>,
}

fn main() {}
