# Made of the table of commands by tools/docs.
_harvester() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    local first=${COMP_WORDS[1]} second=${COMP_WORDS[2]} options="" values=""
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "run check plugin bundle push rollout user token node alert cluster mqtt influx history backup restore doctor version" -- "$word")
        return
    fi
    if [ "$COMP_CWORD" = 2 ]; then
        case $first in
            plugin) values="new list inspect approve revoke enable disable search install versions rollback remove test add-package compile" ;;
            bundle) values="keygen build sign index verify inspect" ;;
            rollout) values="start status pause resume abort undo" ;;
            user) values="add list password remove" ;;
            token) values="add list revoke" ;;
            node) values="invite join accept list revoke" ;;
            alert) values="list test ack snooze" ;;
            cluster) values="init invite join leave voters backup status" ;;
            mqtt) values="status" ;;
            influx) values="status" ;;
            history) values="export" ;;
        esac
    fi
    case "$first $second" in
        "plugin new") options="--plugins" ;;
        "plugin list") options="--config --plugins --data --json" ;;
        "plugin inspect") options="--json" ;;
        "plugin approve") options="--yes --digest --config --plugins --data --json" ;;
        "plugin revoke") options="--data --json" ;;
        "plugin enable") options="--config --plugins --data --json" ;;
        "plugin disable") options="--config --plugins --data --json" ;;
        "plugin search") options="--index --config --data --json" ;;
        "plugin install") options="--index --force --config --plugins --data --json" ;;
        "plugin versions") options="--config --plugins --data --json" ;;
        "plugin rollback") options="--force --config --plugins --data --json" ;;
        "plugin remove") options="--force --config --plugins --data --json" ;;
        "plugin test") options="--duration --json" ;;
        "plugin add-package") options="--from --json" ;;
        "plugin compile") options="--target -o" ;;
        "bundle keygen") options="-o" ;;
        "bundle build") options="-o" ;;
        "bundle sign") options="--key" ;;
        "bundle index") options="--key --expires" ;;
        "bundle verify") options="--pubkey --config --data --json" ;;
        "bundle inspect") options="--json" ;;
        "rollout start") options="--nodes --all --groups --success --pause-on --config --data --json" ;;
        "rollout status") options="--config --data --json" ;;
        "rollout pause") options="--config --data --json" ;;
        "rollout resume") options="--config --data --json" ;;
        "rollout abort") options="--config --data --json" ;;
        "rollout undo") options="--config --data --json" ;;
        "user add") options="--role --password-stdin --data --json" ;;
        "user list") options="--data --json" ;;
        "user password") options="--password-stdin --data --json" ;;
        "user remove") options="--data --json" ;;
        "token add") options="--role --data --json" ;;
        "token list") options="--data --json" ;;
        "token revoke") options="--data --json" ;;
        "node invite") options="--url --config --data --json" ;;
        "node join") options="--data --json" ;;
        "node accept") options="--data --json" ;;
        "node list") options="--data --json" ;;
        "node revoke") options="--data --json" ;;
        "alert list") options="--data --json" ;;
        "alert test") options="--data --json" ;;
        "alert ack") options="--data --json" ;;
        "alert snooze") options="--data --json" ;;
        "cluster init") options="--voters --address --node --from --config --data --json" ;;
        "cluster invite") options="--voter --duration --data" ;;
        "cluster join") options="--address --data --json" ;;
        "cluster leave") options="--data --json" ;;
        "cluster voters") options="--data --json" ;;
        "cluster backup") options="--data --json" ;;
        "cluster status") options="--data --json" ;;
        "mqtt status") options="--data --json" ;;
        "influx status") options="--data --json" ;;
        "history export") options="--data --format --node --sensor --from --to -o" ;;
        "run "*) options="--config --plugins --data --listen --duration" ;;
        "check "*) options="--config --plugins --config-only --json" ;;
        "push "*) options="--key --to --token-file --hub --nodes --data --watch --config --plugins" ;;
        "backup "*) options="--config --plugins --data --partial" ;;
        "restore "*) options="--config --plugins --data --force" ;;
        "doctor "*) options="--config --plugins --data --json --fix --yes" ;;
        "version "*) options="--json" ;;
    esac
    case "$first $second:$before" in
        "user add:--role") values="viewer operator" options="" ;;
        "token add:--role") values="viewer operator node" options="" ;;
        "history export:--format") values="csv jsonl" options="" ;;
    esac
    if [ -n "$values" ] || [[ $word = -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$values $options" -- "$word")
    else
        compopt -o default
    fi
}
complete -F _harvester harvester
