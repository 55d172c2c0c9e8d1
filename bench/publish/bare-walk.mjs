// What nobody can do without who looks for changes: names and stamps of all files. Argument: dir.
import { lstatSync, readdirSync } from 'node:fs'

const visit = (folder) => {
  for (const item of readdirSync(folder, { withFileTypes: true })) {
    const file = `${folder}/${item.name}`
    if (item.isDirectory()) visit(file)
    else lstatSync(file)
  }
}
visit(process.argv[2])
