export interface SeedSteps {
  /** The publisher's network key, z-base-32; null: the secret that it derives from is not on this machine. */
  publisherKey: string | null
  /** The newest release that was completed on this machine; 0: none. */
  release: number
}

/** Says what comes next after a seed was added. */
export function stepsAfterSeed({ publisherKey, release }: SeedSteps): string[] {
  return [
    publisherKey === null
      ? 'The operator of a seed has to trust you, once: `npx sitedrive key show`, where the secret is, prints the key for that.'
      : `The operator of a seed has to trust you, once: \`npx sitedrive peer --trust ${publisherKey}\`. A peer with \`--local\` on this machine does.`,
    release > 0
      ? `Next: \`npx sitedrive publish --sync\` hands release ${release} to it. From then on each publish does.`
      : 'Next: build the site. The publish hands it to the seed.'
  ]
}
