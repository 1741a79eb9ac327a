//! What `cargo xtask --help` shows: the commands for music, and apart from them those for people who change the code.

use clap::Command;

/// The commands that work on the code. All others are for music.
const FOR_DEVELOPERS: [&str; 3] = ["bundle", "test", "bench"];

/// The whole command line with its commands in two groups. clap groups options under headings, but not commands, so the
/// list is written into the template of the help.
pub(crate) fn grouped(command: Command) -> Command {
    let width = command.get_subcommands().map(|command| command.get_name().len()).max().unwrap_or(0);
    let group = |is_for_developers: bool| -> String {
        let is_in = |command: &&Command| FOR_DEVELOPERS.contains(&command.get_name()) == is_for_developers;
        let about = |command: &Command| command.get_about().map(ToString::to_string).unwrap_or_default();
        let line = |command: &Command| format!("  {:width$}  {}\n", command.get_name(), about(command));
        command.get_subcommands().filter(is_in).map(line).collect()
    };
    let (music, code) = (group(false), group(true));
    command.help_template(format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\nFor music:\n{music}\nFor developers:\n{code}\n\
         Options:\n{{options}}\n\n`cargo xtask COMMAND -h` says in short what a command takes, `--help` says all."
    ))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::CommandLine;

    #[test]
    fn every_command_is_in_one_group() {
        let help = grouped(CommandLine::command()).render_help().to_string();
        let (music, code) = help.split_once("For developers:").unwrap();
        for command in CommandLine::command().get_subcommands() {
            let line = format!("\n  {} ", command.get_name());
            let found = [music, code].map(|group| group.matches(&line).count());
            let wanted = if FOR_DEVELOPERS.contains(&command.get_name()) { [0, 1] } else { [1, 0] };
            assert_eq!(found, wanted, "{line}in {help}");
        }
        let names: Vec<_> =
            CommandLine::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        assert!(FOR_DEVELOPERS.iter().all(|name| names.iter().any(|known| known == name)));
    }
}
