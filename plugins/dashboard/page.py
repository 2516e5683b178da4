"""The page's fixed parts. Everything that lives is the host's, loaded from this node: its custom
elements show the readings, the controls, the log and the plugins. Here is what they stand in.
"""

# The look and the layout, where they are to differ from the host's own.
STYLE = """
harvester-cards > p { color: var(--dim); }
"""

HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>harvester</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="manifest" href="/assets/manifest.webmanifest">
<link rel="stylesheet" href="/assets/harvester.css">
<style>{style}</style>
<script type="module" src="/assets/harvester.js" blocking="render"></script>
</head>
"""

BODY = """<body>
<a class="skip" href="#main" data-text="page.skip">Skip to the readings</a>
<header class="top">
<h1>harvester</h1>
<harvester-tabs></harvester-tabs>
<harvester-status></harvester-status>
<harvester-language></harvester-language>
<harvester-theme></harvester-theme>
<harvester-session></harvester-session>
</header>
<main id="main" tabindex="-1">
<section id="overview" class="board" aria-label="Overview">
<harvester-alerts></harvester-alerts>
<harvester-cards>{cards}</harvester-cards>
<harvester-nodes>{nodes}</harvester-nodes>
<harvester-cluster></harvester-cluster>
<harvester-rollouts></harvester-rollouts>
</section>
<section id="alerts" aria-label="Alerts"><harvester-alert-rules></harvester-alert-rules></section>
<section id="controls" aria-label="Controls"><harvester-controls></harvester-controls></section>
<section id="logs" aria-label="Logs"><harvester-logs></harvester-logs></section>
<section id="plugins" aria-label="Plugins"><harvester-plugins></harvester-plugins></section>
</main>
</body>
</html>
"""
