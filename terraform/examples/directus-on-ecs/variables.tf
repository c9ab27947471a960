variable "region" {
  description = "Where."
  type        = string
  default     = "eu-central-1"
}

variable "name" {
  description = "The first part of every name."
  type        = string
  default     = "directus"
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "public_subnet_ids" {
  description = "Where the load balancer is reached, in two zones at least."
  type        = set(string)
}

variable "private_subnet_ids" {
  description = "Where tasks and database run, in two zones at least, with a way out to AWS and to the image registries."
  type        = set(string)
}

variable "certificate_arn" {
  description = "The certificate of `domain`, in ACM."
  type        = string
}

variable "domain" {
  description = "Where editors reach Directus."
  type        = string
}

variable "directus_image" {
  description = "Directus with the extension in it: `FROM directus/directus:12.4.0`, the packed extension in /directus/extensions, and the certificates of RDS as /directus/rds-ca.pem."
  type        = string
}

variable "sidecar_image" {
  description = "The sidecar."
  type        = string
}

variable "service_account" {
  description = "Id of the user that the sidecar acts as; `sidecar setup` makes it."
  type        = string
}

variable "alarm_emails" {
  description = "Who is told when something rings."
  type        = set(string)
  default     = []
}
