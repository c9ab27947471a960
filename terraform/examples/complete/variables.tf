variable "region" {
  description = "Where."
  type        = string
  default     = "eu-central-1"
}

variable "name" {
  description = "The event bus, and the first part of every name."
  type        = string
  default     = "event-bridge"
}

variable "image" {
  description = "The sidecar's image."
  type        = string
}

variable "directus_url" {
  description = "The root of the Directus API, as the sidecar sees it."
  type        = string
}

variable "network" {
  description = "Where the service runs. Null: no service."
  type = object({
    vpc_id                     = string
    subnet_ids                 = set(string)
    cluster_arn                = string
    namespace_arn              = string
    directus_security_group_id = string
  })
  default = null
}

variable "lake_bucket" {
  description = "The bucket of the data lake. Null: no lake."
  type        = string
  default     = null
}

variable "registry" {
  description = "The schema registry. Null: none."
  type        = object({ folder = optional(string) })
  default     = {}
}

variable "alarm_emails" {
  description = "Who is told when something rings."
  type        = set(string)
  default     = []
}
