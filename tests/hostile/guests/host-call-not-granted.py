r"""Calls the buzzer, the fan and a line without a grant, past the component's own types.

ends: harmless
says: "denied": 3
wall: the grant, which the broker checks
world: "buzzer": \{"on": false.*"fan": \{"on": false
"""


def run(link):
    def poll():
        denied = 0
        for interface, function, *args in (("buzzer-controller", "buzz", 5000),
                                           ("fan-controller", "set-fan", True),
                                           ("gpio", "write", 17, False)):
            link.host(1, f"harvester:plugin/{interface}@0.1.0", function, *args)
            denied += link.take()[0] == 3
        return {"denied": denied}
    link.serve(poll)
