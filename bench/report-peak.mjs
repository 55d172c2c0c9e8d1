// Loaded before a measured program: says at its end how much memory it took at most.
import { writeFileSync } from 'node:fs'

process.on('exit', () =>
  writeFileSync(process.env.SITEDRIVE_PEAK_FILE, String(process.resourceUsage().maxRSS))
)
