use std::path::Path;

use super::*;
use crate::config::paths::Platform;

struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn platform(&self) -> Platform {
        let under = |name: &str| self.folder.path().join(name);
        Platform { home: under("home"), config: under("config"), data: under("data") }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn load(&self, flags: &Flags, variables: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
        let environment = Environment::new(variables.iter().copied(), self.platform());
        Loaded::load(flags, &environment)
    }
}

fn flag(flag: &'static str, key: &'static str, text: &str) -> Flags {
    Flags { file: None, settings: vec![FlagSetting { flag, key, text: text.to_owned() }] }
}

fn complaint(text: &str) -> String {
    let world = World::new();
    world.file("config/arcadia/config.toml", text);
    let error = world.load(&Flags::default(), &[]).unwrap_err().to_string();
    error.replace(&world.folder.path().display().to_string(), "")
}

#[test]
fn flags_beat_the_environment_which_beats_the_file_which_beats_the_defaults() {
    let world = World::new();
    let variable = [("ARCADIA_SAGA_SETTLE", "20s")];
    let settle = |flags: &Flags, variables: &[(&str, &str)]| {
        let loaded = world.load(flags, variables).unwrap();
        let origin = loaded.settings.iter().find(|setting| setting.name == "saga.settle");
        let origin = match &origin.unwrap().origin {
            Origin::File { line, .. } => format!("line {line}"),
            other @ (Origin::Variable(_) | Origin::Flag(_) | Origin::Default) => other.to_string(),
        };
        (loaded.config.saga.settle.as_secs(), origin)
    };
    assert_eq!(settle(&Flags::default(), &[]), (30, "default".to_owned()));
    world.file("config/arcadia/config.toml", "[saga]\nsettle = \"10s\"\n");
    assert_eq!(settle(&Flags::default(), &[]), (10, "line 2".to_owned()));
    assert_eq!(settle(&Flags::default(), &variable), (20, "$ARCADIA_SAGA_SETTLE".to_owned()));
    let flags = flag("--settle", "saga.settle", "25s");
    assert_eq!(settle(&flags, &variable), (25, "--settle".to_owned()));
}

#[test]
fn the_file_is_the_one_of_the_flag_then_of_the_variable_then_of_the_platform() {
    let world = World::new();
    world.file("config/arcadia/config.toml", "data_dir = \"/platform\"");
    let by_variable = world.file("variable.toml", "data_dir = \"/variable\"");
    let by_flag = world.file("flag.toml", "data_dir = \"/flag\"");
    let data_dir = |file: Option<PathBuf>, variables: &[(&str, &str)]| {
        let flags = Flags { file, settings: Vec::new() };
        world.load(&flags, variables).unwrap().config.data_dir
    };
    let variables = [("ARCADIA_CONFIG", by_variable.to_str().unwrap())];
    assert_eq!(data_dir(None, &[]), Path::new("/platform"));
    assert_eq!(data_dir(None, &variables), Path::new("/variable"));
    assert_eq!(data_dir(Some(by_flag), &variables), Path::new("/flag"));
}

#[test]
fn the_data_folder_is_the_platforms_until_somebody_names_another_one() {
    let world = World::new();
    let data_dir = |flags: &Flags, variables: &[(&str, &str)]| {
        world.load(flags, variables).unwrap().config.data_dir
    };
    assert_eq!(data_dir(&Flags::default(), &[]), world.folder.path().join("data/arcadia"));
    let variables = [("ARCADIA_DATA_DIR", "~/here")];
    assert_eq!(data_dir(&Flags::default(), &variables), world.folder.path().join("home/here"));
    let flags = flag("--data-dir", "data_dir", "/there");
    assert_eq!(data_dir(&flags, &variables), Path::new("/there"));
}

#[test]
fn a_file_that_somebody_named_must_be_there() {
    let world = World::new();
    let flags = Flags { file: Some(world.folder.path().join("none.toml")), settings: Vec::new() };
    assert!(matches!(world.load(&flags, &[]), Err(ConfigError::Unreadable { .. })));
    assert!(world.load(&Flags::default(), &[]).is_ok());
}

#[test]
fn every_problem_is_named_at_once_with_its_line_and_what_would_be_right() {
    insta::assert_snapshot!(complaint(
        "provider = \"digital-ocean\"\n\
         [saga]\n\
         setle = \"10s\"\n\
         record_ttl = 5\n\
         poll_first = 3\n\
         [saga.steps.create_dropet]\n\
         tries = 2\n\
         [digitalocean]\n\
         token = \"dop_v1_secret\"\n\
         base_url = \"http://api.example\"\n"
    ), @r"
    the configuration does not make sense
      /config/arcadia/config.toml:1: `provider` must be one of `simulator`, `digitalocean`, not `digital-ocean`
      /config/arcadia/config.toml:3: there is no setting `saga.setle`; did you mean `saga.settle`?
      /config/arcadia/config.toml:4: `saga.record_ttl` must be a whole number from 30 to 604800, not `5`
      /config/arcadia/config.toml:5: `saga.poll_first` must be a time span such as `500ms`, `2s` or `1h30m`, from `100ms` to `24h`, not an integer
      /config/arcadia/config.toml:7: there is no setting `saga.steps.create_dropet.tries`; did you mean `saga.steps.create_droplet.tries`?
      /config/arcadia/config.toml:9: there is no setting `digitalocean.token`; did you mean `digitalocean.token_file`?
      /config/arcadia/config.toml:10: `digitalocean.base_url` must be an `https://` address, or `http://` on loopback, not `http://api.example`
    ");
}

#[test]
fn a_variable_that_sets_nothing_is_an_error_with_the_nearest_name() {
    let error = World::new()
        .load(&Flags::default(), &[("ARCADIA_LOG_FILTR", "debug")])
        .unwrap_err()
        .to_string();
    assert!(error.contains("did you mean `ARCADIA_LOG_FILTER`?"), "{error}");
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let text = complaint("saga.poll_first = \"1m\"\n");
    let words = "`saga.poll_first` (/config/arcadia/config.toml:1) must not be longer than \
                 `saga.poll_most` (default)";
    assert!(text.contains(words), "{text}");
    let text = complaint("[saga]\nsettle = \"10m\"\ncompensations.deadline = \"5m\"\n");
    for later in ["saga.calls.deadline", "saga.compensations.deadline"] {
        let words = format!("must not be longer than `{later}` (");
        assert!(text.contains("`saga.settle` (") && text.contains(&words), "{text}");
    }
    let both = "[digitalocean]\ntoken_file = \"a\"\ntoken_command = [\"b\"]\n";
    assert!(complaint(both).contains("are both set"));
}

#[test]
fn a_value_that_was_refused_does_not_clash_with_anything_as_well() {
    for refused in ["poll_first = \"15s\"\npoll_most = 3", "poll_first = 3\npoll_most = \"500ms\""]
    {
        let text = complaint(&format!("[saga]\n{refused}\n"));
        assert!(text.contains("must be a time span"), "{text}");
        assert!(!text.contains("must not be longer"), "{text}");
    }
}

#[test]
fn a_step_can_differ_from_the_others() {
    let world = World::new();
    world.file("config/arcadia/config.toml", "[saga.steps.create_droplet]\ntimeout = \"2m\"\n");
    let saga = world.load(&Flags::default(), &[]).unwrap().config.saga;
    let changed = saga.steps[&StepName::new("create_droplet")].apply(&saga.calls);
    assert_eq!(changed, Patience { timeout: Duration::from_mins(2), ..saga.calls.clone() });
}

#[test]
fn the_example_parses_and_its_values_are_the_defaults() {
    let world = World::new();
    let defaults = world.load(&Flags::default(), &[]).unwrap();
    world.file("config/arcadia/config.toml", EXAMPLE);
    let example = world.load(&Flags::default(), &[]).unwrap();
    assert_eq!(example.config, defaults.config);
}

#[test]
fn every_known_key_stands_in_the_example_and_those_without_a_default_are_commented() {
    let lines = document::read(EXAMPLE).unwrap();
    let set: Vec<_> = lines.iter().map(|line| line.key.as_str()).collect();
    let with_default: Vec<_> =
        schema::KEYS.iter().filter(|key| key.default.is_some()).map(|key| key.name).collect();
    assert_eq!(set, with_default);

    let all: String = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with('[') || rest.contains(" = ") => format!("{rest}\n"),
            Some(_) => String::new(),
            None => format!("{line}\n"),
        })
        .filter(|line| !line.contains('`'))
        .collect();
    let documented: Vec<_> =
        document::read(&all).unwrap().into_iter().map(|line| line.key).collect();
    for key in schema::KEYS {
        assert!(documented.iter().any(|name| name == key.name), "{} is documented", key.name);
    }
    for key in schema::STEP_KEYS {
        let name = format!("saga.steps.create_droplet.{}", key.name);
        assert!(documented.contains(&name), "{name} is documented");
    }
    assert!(schema::STEPS.iter().all(|step| EXAMPLE.contains(step)));
}

#[test]
fn show_says_where_each_value_came_from_and_hides_the_token() {
    let world = World::new();
    world.file("config/arcadia/config.toml", "[saga]\nsettle = \"10s\"\n");
    let variables = [("DIGITALOCEAN_TOKEN", "dop_v1_secret"), ("ARCADIA_UI_COLOR", "never")];
    let environment = Environment::new(variables, world.platform());
    let loaded = Loaded::load(&Flags::default(), &environment).unwrap();
    let shown = loaded.show(&environment);
    assert!(!shown.contains("dop_v1_secret") && shown.contains("hidden, from $DIGITALOCEAN_TOKEN"));
    assert!(shown.contains("color = \"never\" # $ARCADIA_UI_COLOR"), "{shown}");
    assert!(shown.contains("settle = \"10s\" # ") && shown.contains("config.toml:2"), "{shown}");
    assert!(shown.contains("poll_most = \"10s\" # default"), "{shown}");
    // What is shown is itself a configuration, the same one.
    let again = world.file("config/arcadia/again.toml", &shown);
    let flags = Flags { file: Some(again), settings: Vec::new() };
    assert_eq!(world.load(&flags, &[]).unwrap().config, loaded.config);
}

#[test]
fn a_persons_own_themes_are_beside_the_file_that_is_read() {
    let world = World::new();
    let themes = |flags: &Flags| world.load(flags, &[]).unwrap().config.ui.themes;
    assert_eq!(themes(&Flags::default()), world.platform().themes());
    let file = world.file("elsewhere/mine.toml", "");
    let beside = file.parent().unwrap().join("themes");
    assert_eq!(themes(&Flags { file: Some(file), settings: Vec::new() }), beside);
}

#[test]
fn what_is_no_text_at_all_says_so_with_its_line() {
    let world = World::new();
    let path = world.file("config/arcadia/config.toml", "");
    std::fs::write(&path, b"provider = \"simulator\"\n# caf\xe9\n").unwrap();
    let error = world.load(&Flags::default(), &[]).unwrap_err().to_string();
    assert!(
        error.ends_with("config.toml`, line 2: the file is not UTF-8 from there on"),
        "{error}"
    );
}

#[test]
fn a_variable_that_names_the_file_in_foreign_bytes_is_not_passed_over() {
    for variable in ["ARCADIA_CONFIG", "ARCADIA_OPERATOR"] {
        let environment = Environment::with_foreign_bytes(variable);
        let error = Loaded::from_text("", &environment).unwrap_err().to_string();
        assert!(error.contains(&format!("${variable}: `{variable}` must be UTF-8")), "{error}");
    }
}

#[test]
fn a_pipe_that_nobody_writes_to_is_given_up_and_one_with_a_writer_is_read() {
    let world = World::new();
    let pipe = world.folder.path().join("pipe");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let flags = Flags { file: Some(pipe.clone()), settings: Vec::new() };
    let error = world.load(&flags, &[]).unwrap_err();
    assert!(error.hint().unwrap().contains("--config"));
    assert!(
        std::error::Error::source(&error).unwrap().to_string().contains("nothing came from it"),
        "{error:?}"
    );
    let silent = pipe.clone();
    let mute = std::thread::spawn(move || std::fs::write(silent, ""));
    let error = world.load(&flags, &[]).unwrap_err();
    mute.join().unwrap().unwrap();
    assert!(
        std::error::Error::source(&error).unwrap().to_string().contains("ended without a word"),
        "{error:?}"
    );
    let writer = std::thread::spawn(move || std::fs::write(pipe, "provider = \"digitalocean\""));
    assert_eq!(world.load(&flags, &[]).unwrap().config.provider, Provider::DigitalOcean);
    writer.join().unwrap().unwrap();
}

#[test]
fn very_many_mistakes_are_counted_and_not_all_listed() {
    let lines: Vec<_> = (0..20_000).map(|number| format!("setting_{number} = 1")).collect();
    let text = complaint(&lines.join("\n"));
    assert!(text.ends_with("\n  and 19980 more"), "{}", &text[text.len() - 200..]);
    assert_eq!(text.lines().count(), 22);
}

#[test]
fn what_a_launch_begins_with_must_be_fit_for_a_launch() {
    let text = complaint("[launch]\nregion = \"Syd 1\"\nssh_keys = [\"a b\"]\ntenant = \"-\"\n");
    for words in [
        "config.toml:2: `launch.region`: `Syd 1` is not a provider's slug",
        "config.toml:3: `launch.ssh_keys`: `a b` is not a key's id",
        "config.toml:4: `launch.tenant`: `-` is not a DNS label",
    ] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_table_in_the_wrong_shape_and_values_that_no_program_can_take_are_refused() {
    for (text, words) in [
        ("saga = 3", ":1: `saga` must be a table: `[saga]` and its settings below, not an integer"),
        ("[[saga]]\nsettle = \"1s\"", ":1: `saga` must be a table"),
        ("data_dir = \"a\\u0000b\"", ":1: `data_dir` must be a path, not `a\\0b`"),
        (
            "[digitalocean]\ntoken_command = [\"\"]",
            ":2: `digitalocean.token_command` must be a list",
        ),
        ("[simulator]\ndomains = [\"a\\u0000b\"]", ":2: `simulator.domains` must be a list"),
    ] {
        assert!(complaint(text).contains(words), "{}", complaint(text));
    }
}

#[test]
fn a_dashboard_is_drawn_between_once_and_thirty_times_a_second() {
    let fps = |text: &str| {
        let text = format!("[ui]\nfps = {text}\n");
        Loaded::from_text(&text, &Environment::default()).map(|loaded| loaded.config.ui.fps.get())
    };
    assert_eq!([fps("1").unwrap(), fps("30").unwrap()], [1, 30]);
    for wrong in ["0", "31", "-1", "\"fast\"", "1.5"] {
        let told = fps(wrong).unwrap_err().to_string();
        assert!(told.contains("`ui.fps`"), "{told}");
    }
}
