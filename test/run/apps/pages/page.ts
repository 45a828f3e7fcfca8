document.title = `bundled ${1 + 1}`;
