import { readPermission, type PermissionFacts } from '@sitedrive/core'
import { childEnvironment } from '@sitedrive/core/internal'
import type { Permission } from './api.js'
import { buildPlan, type ProductionBuild } from './build-command.js'

/** Decides whether "Publish all" may publish. A build runs without this process's secret, so its own environment counts. */
export async function permissionToPublish({
  projectDir,
  env,
  build
}: {
  projectDir: string
  env: NodeJS.ProcessEnv
  build: ProductionBuild
}): Promise<Permission> {
  const isPublishedHere = build.dir !== undefined || buildPlan(projectDir, build).command === null
  return permissionOf(await readPermission(projectDir, isPublishedHere ? env : childEnvironment(env)))
}

/** The part that the page needs. */
function permissionOf(facts: PermissionFacts): Permission {
  if (facts.kind !== 'skip') return { kind: facts.kind }
  return { kind: facts.reason === 'not bound' ? 'not bound' : 'never', message: facts.message }
}
