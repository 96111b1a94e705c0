//! The launch form: what was typed, what is wrong with it, and what it would do.

use std::collections::BTreeSet;

use tui_input::Input;

use crate::domain::batch;
use crate::domain::catalogue::Catalogue;
use crate::domain::saga::plan::{OnFailure, Plan};
use crate::domain::spec::{DeploymentSpec, DnsName, FieldError, LaunchDraft};
use crate::domain::summary::Summary;
use crate::tui::model::form::choice::Choice;
use crate::tui::model::form::round::Round;

pub mod choice;
pub mod picking;
pub mod round;

/// From how many launches on their number has to be typed before they are asked for.
pub const MANY: usize = 20;

/// A place in the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each place is named after the draft's field")]
pub enum Field {
    Tenant,
    Slug,
    Count,
    Region,
    Size,
    Image,
    DnsDomain,
    DnsRecordName,
    DropletName,
    SshKeys,
    OnFailure,
    Launch,
}

impl Field {
    /// Every place, from top to bottom.
    pub const ALL: [Self; 12] = [
        Self::Tenant,
        Self::Slug,
        Self::Count,
        Self::Region,
        Self::Size,
        Self::Image,
        Self::DnsDomain,
        Self::DnsRecordName,
        Self::DropletName,
        Self::SshKeys,
        Self::OnFailure,
        Self::Launch,
    ];

    /// The fields that are typed into.
    pub const TYPED: usize = 10;

    /// The name that the draft and its problems use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Slug => "slug",
            Self::Count => "count",
            Self::Region => "region",
            Self::Size => "size",
            Self::Image => "image",
            Self::DnsDomain => "dns_domain",
            Self::DnsRecordName => "dns_record_name",
            Self::DropletName => "droplet_name",
            Self::SshKeys => "ssh_keys",
            Self::OnFailure => "on_failure",
            Self::Launch => "launch",
        }
    }

    /// The name that a person reads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Slug => "slug",
            Self::Count => "count",
            Self::Region => "region",
            Self::Size => "size",
            Self::Image => "image",
            Self::DnsDomain => "DNS domain",
            Self::DnsRecordName => "DNS name",
            Self::DropletName => "droplet name",
            Self::SshKeys => "ssh keys",
            Self::OnFailure => "on failure",
            Self::Launch => "",
        }
    }

    /// Whether what it holds is picked from a list, and how.
    pub const fn picks(self) -> Picks {
        match self {
            Self::Region | Self::Size | Self::Image | Self::DnsDomain => Picks::One,
            Self::SshKeys => Picks::Some,
            Self::Tenant
            | Self::Slug
            | Self::Count
            | Self::DnsRecordName
            | Self::DropletName
            | Self::OnFailure
            | Self::Launch => Picks::Nothing,
        }
    }
}

/// How much of a list a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picks {
    /// It has no list.
    Nothing,
    /// One entry.
    One,
    /// Any number of them.
    Some,
}

/// The form. It outlives its dialog, so that a draft survives Esc and a refused launch.
#[derive(Debug)]
pub struct LaunchForm {
    inputs: [Input; Field::TYPED],
    rest: LaunchDraft,
    /// What happens when a step fails for good.
    pub on_failure: OnFailure,
    /// Where the keys go.
    pub focus: Field,
    picking: Picking,
    /// How the launch stands.
    pub progress: Progress,
    /// What the launch would do, once the draft makes sense.
    pub plan: Option<Plan>,
    read: Result<Vec<DeploymentSpec>, Vec<FieldError>>,
    taken: Vec<FieldError>,
    /// Whether it was looked whether the names are free.
    pub names: Names,
}

/// Whether it was looked whether the names are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// It was, since they were changed.
    Checked,
    /// It was not.
    Unchecked,
}

/// Where somebody stands in a pick list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Picking {
    text: Text,
    /// The entry that the arrow keys went to.
    at: Option<usize>,
}

/// Whether the text of a field with a list is what it was when the keys came there: then the list is
/// whole, and the first letter takes the place of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Text {
    /// It is.
    #[default]
    Untouched,
    /// It was typed, and the list is what answers to it.
    Typed,
}

/// How a launch stands.
#[derive(Debug, Clone)]
pub enum Progress {
    /// It is being written.
    Writing,
    /// It is for several deployments, so it is asked for once more; where they are many, with their
    /// number, which is typed here.
    Confirming(Input),
    /// The engine was asked.
    Asked(Round),
    /// The engine refused.
    Refused(String),
}

impl LaunchForm {
    /// A form that begins with this draft.
    pub fn new(draft: LaunchDraft) -> Self {
        let inputs = [
            &draft.tenant,
            &draft.slug,
            "",
            &draft.region,
            &draft.size,
            &draft.image,
            &draft.dns_domain,
            &draft.dns_record_name,
            &draft.droplet_name,
            &draft.ssh_keys.join(" "),
        ]
        .map(|text| Input::new(text.to_owned()));
        let mut form = Self {
            inputs,
            rest: draft,
            on_failure: OnFailure::Rollback,
            focus: Field::Tenant,
            picking: Picking::default(),
            progress: Progress::Writing,
            plan: None,
            read: Err(Vec::new()),
            taken: Vec::new(),
            names: Names::Unchecked,
        };
        form.reread();
        // A tenant that is there already would only be typed into by mistake.
        if !form.rest.tenant.is_empty() {
            form.focus = Field::Slug;
        }
        form
    }

    /// The text field that has the keys, if one has.
    pub fn input_mut(&mut self) -> Option<&mut Input> {
        self.inputs.get_mut(self.focus as usize)
    }

    /// A text field.
    pub fn input(&self, field: Field) -> Option<&Input> {
        self.inputs.get(field as usize)
    }

    /// What a text field holds; nothing for a place that is none.
    pub fn value(&self, field: Field) -> &str {
        self.input(field).map_or("", Input::value)
    }

    /// What would be launched, when all of it makes sense.
    pub fn specs(&self) -> Option<&[DeploymentSpec]> {
        self.read.as_deref().ok().filter(|_| self.taken.is_empty())
    }

    /// The first that would be launched, when all of it makes sense.
    pub fn spec(&self) -> Option<&DeploymentSpec> {
        self.specs()?.first()
    }

    /// How many fields do not make sense.
    pub fn problems(&self) -> usize {
        self.errors().map(|error| error.field).collect::<BTreeSet<_>>().len()
    }

    /// What is wrong with a field.
    pub fn problem(&self, field: Field) -> Option<&str> {
        self.errors().find(|error| error.field == field.name()).map(|error| &*error.problem)
    }

    /// A problem that no field of the form owns.
    pub fn other_problem(&self) -> Option<&FieldError> {
        self.errors().find(|error| Field::ALL.iter().all(|field| field.name() != error.field))
    }

    fn errors(&self) -> impl Iterator<Item = &FieldError> {
        self.read.as_ref().err().into_iter().flatten().chain(&self.taken)
    }

    /// Reads the draft again after a change. The plan of the old draft is forgotten.
    pub fn reread(&mut self) {
        self.plan = None;
        let read = batch::parse(&self.draft(), self.value(Field::Count));
        // Names that stay need no second look at every deployment there is.
        if !names(&read).eq(names(&self.read)) {
            self.taken.clear();
            self.names = Names::Unchecked;
        }
        self.read = read;
        match self.progress {
            Progress::Refused(_) | Progress::Confirming(_) => self.progress = Progress::Writing,
            Progress::Writing | Progress::Asked(_) => {}
        }
    }

    /// Looks whether its names are free among these deployments. The engine has the last word; this
    /// spares the operator a launch that it would refuse. What is being launched has its own names, so
    /// nothing is said of them before all of it is answered.
    pub fn check_names<'a>(&mut self, rows: impl Iterator<Item = &'a Summary>) {
        if self.is_asked() {
            return;
        }
        self.names = Names::Checked;
        let Ok(specs) = &self.read else { return };
        let tenant = specs.first().map_or("", |spec| &spec.tenant);
        let slugs: BTreeSet<&str> = specs.iter().map(|spec| &*spec.slug).collect();
        let names: BTreeSet<String> =
            specs.iter().filter_map(|spec| spec.dns.as_ref()).map(DnsName::to_string).collect();
        let mut taken = Vec::new();
        for row in rows.filter(|row| row.holds_its_names()) {
            if row.tenant == tenant && slugs.contains(row.slug.as_str()) {
                let problem = format!("`{}` is taken: it is {}", row.slug, row.state.as_str());
                taken.push(FieldError { field: Field::Slug.name(), problem });
            } else if let Some(name) = row.dns_name.as_ref().filter(|name| names.contains(*name)) {
                let problem = format!("`{name}` is the name of {}", row.name());
                taken.push(FieldError { field: Field::DnsRecordName.name(), problem });
            }
        }
        self.taken = taken;
    }

    /// Whether a deployment has, or had, a name that is asked for.
    pub fn concerns(&self, row: &Summary) -> bool {
        let specs = self.read.as_deref().unwrap_or_default();
        specs.iter().any(|spec| {
            let pointed = || spec.dns.as_ref().map(DnsName::to_string);
            (spec.slug == row.slug && spec.tenant == row.tenant)
                || (row.dns_name.is_some() && row.dns_name == pointed())
        })
    }

    /// Takes the problems that the engine found.
    pub fn refuse(&mut self, errors: Vec<FieldError>) {
        self.progress = Progress::Refused("the launch does not make sense".to_owned());
        self.read = Err(errors);
    }

    /// Moves to another place, round the ends.
    pub fn go(&mut self, places: isize) {
        let count = Field::ALL.len();
        let next = (self.focus as usize + count).saturating_add_signed(places) % count;
        self.go_to(Field::ALL[next]);
    }

    /// Moves to a place.
    pub fn go_to(&mut self, field: Field) {
        self.focus = field;
        self.picking = Picking::default();
        if let Progress::Confirming(_) = self.progress {
            self.progress = Progress::Writing;
        }
    }

    /// Moves to the next field that is wrong, or to the button when nothing is: two keys launch a
    /// form that makes sense, and no field is filled in for nothing.
    pub fn go_on(&mut self) {
        let here = self.focus as usize;
        let count = Field::ALL.len();
        let following = (1..count).map(|places| Field::ALL[(here + places) % count]);
        let next = following
            .into_iter()
            .find(|field| self.problem(*field).is_some())
            .or_else(|| self.problem(self.focus).map(|_| self.focus))
            .unwrap_or(Field::Launch);
        self.go_to(next);
    }

    /// The other choice of what happens on a failure.
    pub fn toggle_on_failure(&mut self) {
        self.on_failure = match self.on_failure {
            OnFailure::Rollback => OnFailure::Hold,
            OnFailure::Hold => OnFailure::Rollback,
        };
    }

    /// Whether the engine was asked, so that nothing may be changed before it answers.
    pub fn is_asked(&self) -> bool {
        matches!(self.progress, Progress::Asked(_))
    }

    /// Asks for everything, as far as the form is concerned: the launches that are to be asked for.
    pub fn ask(&mut self) -> Vec<DeploymentSpec> {
        let specs = self.specs().map(<[DeploymentSpec]>::to_vec).unwrap_or_default();
        self.progress = Progress::Asked(Round::of(specs.iter().map(|spec| spec.slug.clone())));
        specs
    }

    /// Makes the form ready for the next launch: the slug is the one thing that cannot stay.
    pub fn launched(&mut self) {
        self.inputs[Field::DropletName as usize].reset();
        self.inputs[Field::DnsRecordName as usize].reset();
        self.progress = Progress::Writing;
        self.leave("");
    }

    /// Keeps what was refused, for another try.
    pub fn keep(&mut self, slugs: &str, why: String) {
        self.leave(slugs);
        self.progress = Progress::Refused(why);
    }

    fn leave(&mut self, slugs: &str) {
        self.inputs[Field::Slug as usize] = Input::new(slugs.to_owned());
        self.inputs[Field::Count as usize].reset();
        self.go_to(Field::Slug);
        self.reread();
    }

    /// The draft, as it would be remembered. How many are launched of it is not a part of it: a count
    /// that was meant once must not be meant again by mistake.
    pub fn draft(&self) -> LaunchDraft {
        let text = |field: Field| self.value(field).to_owned();
        let keys = self.value(Field::SshKeys);
        LaunchDraft {
            tenant: text(Field::Tenant),
            slug: text(Field::Slug),
            region: text(Field::Region),
            size: text(Field::Size),
            image: text(Field::Image),
            dns_domain: text(Field::DnsDomain),
            dns_record_name: text(Field::DnsRecordName),
            droplet_name: text(Field::DropletName),
            ssh_keys: keys.split([' ', ',']).filter(|k| !k.is_empty()).map(str::to_owned).collect(),
            ..self.rest.clone()
        }
    }

    /// What a field may hold, as far as it answers to what was typed; `None` for a field without a
    /// list.
    pub fn picks(&self, catalogue: &Catalogue) -> Option<Vec<Choice>> {
        let choices = choice::choices(self.focus, catalogue, self.value(Field::Region).trim())?;
        Some(choice::matching(choices, self.wanted()))
    }
}

/// The names that would be given.
fn names(
    read: &Result<Vec<DeploymentSpec>, Vec<FieldError>>,
) -> impl Iterator<Item = (&str, &str, Option<&DnsName>)> {
    let specs = read.as_deref().unwrap_or_default();
    specs.iter().map(|spec| (&*spec.tenant, &*spec.slug, spec.dns.as_ref()))
}
