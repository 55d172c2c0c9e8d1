// What each new website begins with, whatever builds it.

/** Text in HTML. */
export function html(text: string): string {
  return text.replace(
    /[&<>"]/g,
    (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign
  )
}

export const FIRST_WORDS = 'This is the first page. Change it, save it, and look at the preview.'

/** A whole page without a generator. @param stylesheet its address */
export function firstPage(name: string, stylesheet: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="description" content="${html(name)}" />
    <title>${html(name)}</title>
    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="${stylesheet}" />
  </head>
  <body>
    <header>
      <a href="/">${html(name)}</a>
    </header>
    <main>
      <h1>${html(name)}</h1>
      <p>${FIRST_WORDS}</p>
    </main>
  </body>
</html>
`
}

export const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#17624f" /><circle cx="16" cy="16" r="6" fill="#fff" /></svg>
`

export const STYLE = `:root {
  color-scheme: light dark;
  --paper: light-dark(#fbfaf8, #15171a);
  --ink: light-dark(#1d2124, #e6e4df);
  --soft: light-dark(#5b6167, #a1a7ad);
  --line: light-dark(#e2dfd9, #2c3036);
  --accent: light-dark(#17624f, #58c4a5);
}
body {
  margin: 0 auto;
  max-width: 38rem;
  padding: 0 1.25rem 4rem;
  background: var(--paper);
  color: var(--ink);
  font: 1.1rem/1.65 system-ui, sans-serif;
}
header {
  padding: 1.5rem 0;
  border-bottom: 1px solid var(--line);
}
header a {
  display: inline-block;
  min-height: 24px;
  color: var(--soft);
  text-decoration: none;
}
h1 {
  margin: 2.5rem 0 1rem;
  font-size: 2.2rem;
  line-height: 1.2;
  letter-spacing: -0.02em;
  text-wrap: balance;
  overflow-wrap: anywhere;
}
a {
  color: var(--accent);
}
:focus-visible {
  outline: 2px solid var(--accent);
  outline-offset: 3px;
}
`
