# Made of the table of commands by tools/docs.
complete -c harvester -f -n __fish_use_subcommand -a run -d 'Run the node until SIGTERM or SIGINT'
complete -c harvester -f -n __fish_use_subcommand -a check -d 'Validate the configuration and the plugins permission files, and explain every problem'
complete -c harvester -f -n __fish_use_subcommand -a plugin -d 'new | list | inspect | approve | revoke | enable | disable | search | install | versions | rollback | remove | test | add-package | compile'
complete -c harvester -f -n __fish_use_subcommand -a bundle -d 'keygen | build | sign | index | verify | inspect'
complete -c harvester -f -n __fish_use_subcommand -a push -d 'For the author at the desk'
complete -c harvester -f -n __fish_use_subcommand -a rollout -d 'start | status | pause | resume | abort | undo'
complete -c harvester -f -n __fish_use_subcommand -a user -d 'add | list | password | remove'
complete -c harvester -f -n __fish_use_subcommand -a token -d 'add | list | revoke'
complete -c harvester -f -n __fish_use_subcommand -a node -d 'invite | join | accept | list | revoke'
complete -c harvester -f -n __fish_use_subcommand -a alert -d 'list | test | ack | snooze'
complete -c harvester -f -n __fish_use_subcommand -a cluster -d 'init | invite | join | leave | voters | backup | status'
complete -c harvester -f -n __fish_use_subcommand -a mqtt -d 'status'
complete -c harvester -f -n __fish_use_subcommand -a influx -d 'status'
complete -c harvester -f -n __fish_use_subcommand -a history -d 'export'
complete -c harvester -f -n __fish_use_subcommand -a backup -d 'Save configuration, plugins, approvals, accounts, plugins state and history as one file, also while the daemon runs'
complete -c harvester -f -n __fish_use_subcommand -a restore -d 'Restore what `backup` saved, all or nothing'
complete -c harvester -f -n __fish_use_subcommand -a doctor -d 'Check this machine'
complete -c harvester -f -n __fish_use_subcommand -a version -d 'Print the version'
complete -c harvester -n '__fish_seen_subcommand_from run' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from run' -l plugins -r
complete -c harvester -n '__fish_seen_subcommand_from run' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from run' -l listen -r
complete -c harvester -n '__fish_seen_subcommand_from run' -l duration -r
complete -c harvester -n '__fish_seen_subcommand_from check' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from check' -l plugins -r
complete -c harvester -n '__fish_seen_subcommand_from check' -l config-only
complete -c harvester -n '__fish_seen_subcommand_from check' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a new -d 'Write a first plugin of ten lines with its tests, ready to run'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from new' -l plugins -r
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a list -d 'List the plugins of the running node with their state'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from list' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from list' -l plugins -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from list' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from list' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a inspect -d 'Show a plugins kind, its imports and exports, and what it asks for'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from inspect' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a approve -d 'Show what a plugin asks for, and approve it if you agree'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from approve' -l yes
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from approve' -l digest -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from approve' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from approve' -l plugins -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from approve' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from approve' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a revoke -d 'Withdraw an approval'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from revoke' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from revoke' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a enable -d 'Run a plugin that was disabled'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from enable' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from enable' -l plugins -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from enable' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from enable' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a disable -d 'Stop a plugin, and do not start it until it is enabled again'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from disable' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from disable' -l plugins -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from disable' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from disable' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a search -d 'List the plugins of a signed index whose name or description has all the words'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from search' -l index -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from search' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from search' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from search' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a install -d 'Install a signed bundle from a file, over https or from an index (see `plugin search`)'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from install' -l index -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from install' -l force
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from install' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from install' -l plugins -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from install' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from install' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a versions -d 'List the versions of a plugin that bundles have brought here, and which one is used'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from versions' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from versions' -l plugins -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from versions' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from versions' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a rollback -d 'Go back to the last good version of a plugin that bundles have brought'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from rollback' -l force
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from rollback' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from rollback' -l plugins -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from rollback' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from rollback' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a remove -d 'Remove a plugin that a bundle has brought'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from remove' -l force
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from remove' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from remove' -l plugins -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from remove' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from remove' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a test -d 'Run a plugins own tests in the sandbox, on simulated devices, for at most 60 s'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from test' -l duration -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from test' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a add-package -d 'Install pure-Python packages and their requirements into a plugins lib/, with pip'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from add-package' -l from -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from add-package' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new list inspect approve revoke enable disable search install versions rollback remove test add-package compile' -a compile -d 'Compile a component ahead of time (the daemon does this by itself)'
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from compile' -l target -r
complete -c harvester -n '__fish_seen_subcommand_from plugin; and __fish_seen_subcommand_from compile' -s o -r
complete -c harvester -f -n '__fish_seen_subcommand_from bundle; and not __fish_seen_subcommand_from keygen build sign index verify inspect' -a keygen -d 'Make a pair of keys'
complete -c harvester -n '__fish_seen_subcommand_from bundle; and __fish_seen_subcommand_from keygen' -s o -r
complete -c harvester -f -n '__fish_seen_subcommand_from bundle; and not __fish_seen_subcommand_from keygen build sign index verify inspect' -a build -d 'Make a bundle of a plugins folder'
complete -c harvester -n '__fish_seen_subcommand_from bundle; and __fish_seen_subcommand_from build' -s o -r
complete -c harvester -f -n '__fish_seen_subcommand_from bundle; and not __fish_seen_subcommand_from keygen build sign index verify inspect' -a sign -d 'Sign a bundle'
complete -c harvester -n '__fish_seen_subcommand_from bundle; and __fish_seen_subcommand_from sign' -l key -r
complete -c harvester -f -n '__fish_seen_subcommand_from bundle; and not __fish_seen_subcommand_from keygen build sign index verify inspect' -a index -d 'Make the signed index of a folder of signed bundles, so that any web server can serve the folder to `plugin search` and `plugin install NAME`'
complete -c harvester -n '__fish_seen_subcommand_from bundle; and __fish_seen_subcommand_from index' -l key -r
complete -c harvester -n '__fish_seen_subcommand_from bundle; and __fish_seen_subcommand_from index' -l expires -r
complete -c harvester -f -n '__fish_seen_subcommand_from bundle; and not __fish_seen_subcommand_from keygen build sign index verify inspect' -a verify -d 'Check the signature FILE'
complete -c harvester -n '__fish_seen_subcommand_from bundle; and __fish_seen_subcommand_from verify' -l pubkey -r
complete -c harvester -n '__fish_seen_subcommand_from bundle; and __fish_seen_subcommand_from verify' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from bundle; and __fish_seen_subcommand_from verify' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from bundle; and __fish_seen_subcommand_from verify' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from bundle; and not __fish_seen_subcommand_from keygen build sign index verify inspect' -a inspect -d 'Show what a bundle contains and what its plugin asks for'
complete -c harvester -n '__fish_seen_subcommand_from bundle; and __fish_seen_subcommand_from inspect' -l json
complete -c harvester -n '__fish_seen_subcommand_from push' -l key -r
complete -c harvester -n '__fish_seen_subcommand_from push' -l to -r
complete -c harvester -n '__fish_seen_subcommand_from push' -l token-file -r
complete -c harvester -n '__fish_seen_subcommand_from push' -l hub -r
complete -c harvester -n '__fish_seen_subcommand_from push' -l nodes -r
complete -c harvester -n '__fish_seen_subcommand_from push' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from push' -l watch
complete -c harvester -n '__fish_seen_subcommand_from push' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from push' -l plugins -r
complete -c harvester -f -n '__fish_seen_subcommand_from rollout; and not __fish_seen_subcommand_from start status pause resume abort undo' -a start -d 'On a running hub'
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from start' -l nodes -r
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from start' -l all
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from start' -l groups
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from start' -l success
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from start' -l pause-on -r
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from start' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from start' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from start' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from rollout; and not __fish_seen_subcommand_from start status pause resume abort undo' -a status -d 'On a running hub'
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from status' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from status' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from status' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from rollout; and not __fish_seen_subcommand_from start status pause resume abort undo' -a pause -d 'Tell no further node to install the version'
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from pause' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from pause' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from pause' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from rollout; and not __fish_seen_subcommand_from start status pause resume abort undo' -a resume -d 'Go on with a paused roll-out'
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from resume' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from resume' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from resume' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from rollout; and not __fish_seen_subcommand_from start status pause resume abort undo' -a abort -d 'End a roll-out'
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from abort' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from abort' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from abort' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from rollout; and not __fish_seen_subcommand_from start status pause resume abort undo' -a undo -d 'Let all nodes that have the version go back to the one before'
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from undo' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from undo' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from undo' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add list password remove' -a add -d 'Add an account for the page and the API, an operator unless --role is viewer'
complete -c harvester -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from add' -l role -x -a 'viewer operator'
complete -c harvester -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from add' -l password-stdin
complete -c harvester -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from add' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from add' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add list password remove' -a list -d 'List the accounts'
complete -c harvester -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from list' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from list' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add list password remove' -a password -d 'Set a new password for an account, and end its sessions'
complete -c harvester -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from password' -l password-stdin
complete -c harvester -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from password' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from password' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add list password remove' -a remove -d 'Remove an account, and end its sessions'
complete -c harvester -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from remove' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from remove' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from token; and not __fish_seen_subcommand_from add list revoke' -a add -d 'Add a token for a script, or for the node with that name'
complete -c harvester -n '__fish_seen_subcommand_from token; and __fish_seen_subcommand_from add' -l role -x -a 'viewer operator node'
complete -c harvester -n '__fish_seen_subcommand_from token; and __fish_seen_subcommand_from add' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from token; and __fish_seen_subcommand_from add' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from token; and not __fish_seen_subcommand_from add list revoke' -a list -d 'List the tokens, with their last use'
complete -c harvester -n '__fish_seen_subcommand_from token; and __fish_seen_subcommand_from list' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from token; and __fish_seen_subcommand_from list' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from token; and not __fish_seen_subcommand_from add list revoke' -a revoke -d 'Make a token invalid, and end every session that came from it'
complete -c harvester -n '__fish_seen_subcommand_from token; and __fish_seen_subcommand_from revoke' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from token; and __fish_seen_subcommand_from revoke' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from node; and not __fish_seen_subcommand_from invite join accept list revoke' -a invite -d 'On a hub'
complete -c harvester -n '__fish_seen_subcommand_from node; and __fish_seen_subcommand_from invite' -l url -r
complete -c harvester -n '__fish_seen_subcommand_from node; and __fish_seen_subcommand_from invite' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from node; and __fish_seen_subcommand_from invite' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from node; and __fish_seen_subcommand_from invite' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from node; and not __fish_seen_subcommand_from invite join accept list revoke' -a join -d 'On a spoke'
complete -c harvester -n '__fish_seen_subcommand_from node; and __fish_seen_subcommand_from join' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from node; and __fish_seen_subcommand_from join' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from node; and not __fish_seen_subcommand_from invite join accept list revoke' -a accept -d 'On a running hub'
complete -c harvester -n '__fish_seen_subcommand_from node; and __fish_seen_subcommand_from accept' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from node; and __fish_seen_subcommand_from accept' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from node; and not __fish_seen_subcommand_from invite join accept list revoke' -a list -d 'On a hub'
complete -c harvester -n '__fish_seen_subcommand_from node; and __fish_seen_subcommand_from list' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from node; and __fish_seen_subcommand_from list' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from node; and not __fish_seen_subcommand_from invite join accept list revoke' -a revoke -d 'On a hub'
complete -c harvester -n '__fish_seen_subcommand_from node; and __fish_seen_subcommand_from revoke' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from node; and __fish_seen_subcommand_from revoke' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from alert; and not __fish_seen_subcommand_from list test ack snooze' -a list -d 'List the alerts of the running node, what fires, and the channels that tell people'
complete -c harvester -n '__fish_seen_subcommand_from alert; and __fish_seen_subcommand_from list' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from alert; and __fish_seen_subcommand_from list' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from alert; and not __fish_seen_subcommand_from list test ack snooze' -a test -d 'Send a test message to the channels of an alert, and sound its buzzer'
complete -c harvester -n '__fish_seen_subcommand_from alert; and __fish_seen_subcommand_from test' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from alert; and __fish_seen_subcommand_from test' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from alert; and not __fish_seen_subcommand_from list test ack snooze' -a ack -d 'Acknowledge what fires by an alert'
complete -c harvester -n '__fish_seen_subcommand_from alert; and __fish_seen_subcommand_from ack' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from alert; and __fish_seen_subcommand_from ack' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from alert; and not __fish_seen_subcommand_from list test ack snooze' -a snooze -d 'Tell nobody that an alert fires for a while, such as 30m, 8h or 2d'
complete -c harvester -n '__fish_seen_subcommand_from alert; and __fish_seen_subcommand_from snooze' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from alert; and __fish_seen_subcommand_from snooze' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from cluster; and not __fish_seen_subcommand_from init invite join leave voters backup status' -a init -d 'Make a cluster of that name, with this board as its first voter'
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from init' -l voters
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from init' -l address -r
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from init' -l node -r
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from init' -l from -r
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from init' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from init' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from init' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from cluster; and not __fish_seen_subcommand_from init invite join leave voters backup status' -a invite -d 'On a voter'
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from invite' -l voter
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from invite' -l duration -r
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from invite' -l data -r
complete -c harvester -f -n '__fish_seen_subcommand_from cluster; and not __fish_seen_subcommand_from init invite join leave voters backup status' -a join -d 'Make this board a member of the cluster that invited it'
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from join' -l address -r
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from join' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from join' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from cluster; and not __fish_seen_subcommand_from init invite join leave voters backup status' -a leave -d 'End this boards membership'
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from leave' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from leave' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from cluster; and not __fish_seen_subcommand_from init invite join leave voters backup status' -a voters -d 'On a voter'
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from voters' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from voters' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from cluster; and not __fish_seen_subcommand_from init invite join leave voters backup status' -a backup -d 'On a voter'
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from backup' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from backup' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from cluster; and not __fish_seen_subcommand_from init invite join leave voters backup status' -a status -d 'Show the cluster that the running node is a member of'
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from status' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from cluster; and __fish_seen_subcommand_from status' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from mqtt; and not __fish_seen_subcommand_from status' -a status -d 'Show the connection of the running node to its broker of MQTT, and what went over it'
complete -c harvester -n '__fish_seen_subcommand_from mqtt; and __fish_seen_subcommand_from status' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from mqtt; and __fish_seen_subcommand_from status' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from influx; and not __fish_seen_subcommand_from status' -a status -d 'Show whether the running node writes its readings to the database of influx, and what was refused'
complete -c harvester -n '__fish_seen_subcommand_from influx; and __fish_seen_subcommand_from status' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from influx; and __fish_seen_subcommand_from status' -l json
complete -c harvester -f -n '__fish_seen_subcommand_from history; and not __fish_seen_subcommand_from export' -a export -d 'Print the stored readings, also while the daemon runs'
complete -c harvester -n '__fish_seen_subcommand_from history; and __fish_seen_subcommand_from export' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from history; and __fish_seen_subcommand_from export' -l format -x -a 'csv jsonl'
complete -c harvester -n '__fish_seen_subcommand_from history; and __fish_seen_subcommand_from export' -l node -r
complete -c harvester -n '__fish_seen_subcommand_from history; and __fish_seen_subcommand_from export' -l sensor -r
complete -c harvester -n '__fish_seen_subcommand_from history; and __fish_seen_subcommand_from export' -l from -r
complete -c harvester -n '__fish_seen_subcommand_from history; and __fish_seen_subcommand_from export' -l to -r
complete -c harvester -n '__fish_seen_subcommand_from history; and __fish_seen_subcommand_from export' -s o -r
complete -c harvester -n '__fish_seen_subcommand_from backup' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from backup' -l plugins -r
complete -c harvester -n '__fish_seen_subcommand_from backup' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from backup' -l partial
complete -c harvester -n '__fish_seen_subcommand_from restore' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from restore' -l plugins -r
complete -c harvester -n '__fish_seen_subcommand_from restore' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from restore' -l force
complete -c harvester -n '__fish_seen_subcommand_from doctor' -l config -r
complete -c harvester -n '__fish_seen_subcommand_from doctor' -l plugins -r
complete -c harvester -n '__fish_seen_subcommand_from doctor' -l data -r
complete -c harvester -n '__fish_seen_subcommand_from doctor' -l json
complete -c harvester -n '__fish_seen_subcommand_from doctor' -l fix
complete -c harvester -n '__fish_seen_subcommand_from doctor' -l yes
complete -c harvester -n '__fish_seen_subcommand_from version' -l json
