# Contracts where other teams look for them. The sidecar does not read them here: it carries its own.
locals {
  contracts_folder = coalesce(try(var.registry.folder, null), "${path.module}/../schemas")

  # <event type>/<version>.json, and nothing of the examples beside them.
  contracts = var.registry == null ? {} : {
    for file in fileset(local.contracts_folder, "*/*.json") :
    replace(trimsuffix(file, ".json"), "/", "-") => "${local.contracts_folder}/${file}"
    if can(regex("^[a-z0-9_.]+/[0-9]+\\.json$", file))
  }
}

resource "aws_schemas_registry" "this" {
  for_each = toset(var.registry == null ? [] : [var.name])

  name        = each.key
  description = "What the data of each event on the bus ${var.name} obeys, by type and version."
  tags        = var.tags
}

resource "aws_schemas_schema" "contract" {
  for_each = local.contracts

  name          = each.key
  registry_name = one(values(aws_schemas_registry.this)).name
  type          = "JSONSchemaDraft4"
  description   = try(jsondecode(file(each.value)).description, null)
  content       = file(each.value)
  tags          = var.tags
}
