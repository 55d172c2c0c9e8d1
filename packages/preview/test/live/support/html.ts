/** A page as a generator writes it. */
export function html(body: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Page</title>
${head}
</head>
<body>
${body}
</body>
</html>
`
}
