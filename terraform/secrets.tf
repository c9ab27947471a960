# Entries without values: a value in Terraform would be in its state, readable to whoever reads that. README.md says how
# each gets its first one, and docs/security.md how it gets the next.
locals {
  secrets = var.sidecar == null ? {} : merge(
    {
      "directus-token" = {
        description = "The service account's static token."
        environment = "SIDECAR__DIRECTUS__TOKEN"
      }
      "signing-secrets" = {
        description = "What Directus signs changes with, whsec_…, several separated by commas; Directus' EVENT_BRIDGE_SECRETS."
        environment = "SIDECAR__OUTBOUND__SECRETS"
      }
      "pseudonym-key" = {
        description = "The key of pseudonyms and of the marks that erased customers leave."
        environment = "SIDECAR__OUTBOUND__PSEUDONYM_KEY"
      }
    },
    var.sidecar.admin ? {
      "admin-tokens" = {
        description = "The bearer tokens of the sidecar's admin API, separated by commas; one of them is Directus' EVENT_BRIDGE_ADMIN_TOKEN."
        environment = "SIDECAR__ADMIN__TOKENS"
      }
    } : {},
  )
}

resource "aws_secretsmanager_secret" "sidecar" {
  #checkov:skip=CKV2_AWS_57:No function can rotate them: both sides must know a new one before the old one goes, which docs/security.md describes.
  for_each = local.secrets

  name        = "${var.name}/${each.key}"
  description = each.value.description
  kms_key_id  = aws_kms_key.this.arn
  tags        = var.tags
}
