variable "name" {
  description = "Name of the event bus, and first part of every other name; the sidecar's `outbound.bus`."
  type        = string
  default     = "event-bridge"
  nullable    = false

  # A replay is named after the bus and the time, and a replay's name has at most 64 characters.
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,38}[a-z0-9]$", var.name))
    error_message = "name has 2 to 40 of a-z, 0-9 and -, begins with a letter, and does not end with -."
  }
}

variable "routes_file" {
  description = "Path of the sidecar's `routes.json`: one rule, one queue and one dead-letter queue for each route in it. Null is the one that the sidecar ships with."
  type        = string
  default     = null

  validation {
    condition     = var.routes_file == null || can(keys(jsondecode(file(var.routes_file))))
    error_message = "routes_file must be the path of a file that holds a JSON object."
  }

  # The same rules as `sidecar check`: what it refuses must not become infrastructure.
  validation {
    condition = var.routes_file == null || try(alltrue([
      for name in keys(jsondecode(file(var.routes_file))) : can(regex("^[a-z0-9-]{1,40}$", name))
    ]), true)
    error_message = "A route's name has 1 to 40 of a-z, 0-9 and -."
  }

  validation {
    condition = var.routes_file == null || try(alltrue([
      for route in values(jsondecode(file(var.routes_file))) :
      can(tostring(route.reaction)) && try(length(keys(route.pattern)) > 0, false)
    ]), true)
    error_message = "A route has a reaction, and a pattern with at least one condition."
  }

  validation {
    condition = var.routes_file == null || try(alltrue([
      for route in values(jsondecode(file(var.routes_file))) : length(jsonencode(route.pattern)) <= 1900
    ]), true)
    error_message = "A pattern has at most 1,900 characters: EventBridge takes 2,048, and a part is added for routes that see no replays."
  }
}

variable "queues" {
  description = "How long queues keep and hide messages, and how often they deliver one. The sidecar's `inbound` settings of the same meaning must be the same."
  type = object({
    handler_budget_seconds        = optional(number, 20)
    visibility_timeout_seconds    = optional(number, 120)
    receives_max                  = optional(number, 6)
    retention_seconds             = optional(number, 345600)
    dead_letter_retention_seconds = optional(number, 1209600)
  })
  default  = {}
  nullable = false

  # The sidecar renews in time; this is for the sidecar that dies, and for a message that waits in it for a free place.
  validation {
    condition     = var.queues.visibility_timeout_seconds >= 6 * var.queues.handler_budget_seconds
    error_message = "visibility_timeout_seconds must be at least six times handler_budget_seconds."
  }

  validation {
    condition     = var.queues.visibility_timeout_seconds <= 43200
    error_message = "visibility_timeout_seconds is at most 43,200 (12 hours)."
  }

  validation {
    condition     = var.queues.receives_max >= 2 && var.queues.receives_max <= 1000
    error_message = "receives_max is 2 to 1,000: one delivery may be lost with the sidecar that took it."
  }

  # A message's age counts from the day on which it was new: with equal retention it would reach the dead-letter queue
  # only to vanish there.
  validation {
    condition     = var.queues.dead_letter_retention_seconds > var.queues.retention_seconds
    error_message = "dead_letter_retention_seconds must be longer than retention_seconds."
  }

  validation {
    condition     = var.queues.retention_seconds >= 60 && var.queues.dead_letter_retention_seconds <= 1209600
    error_message = "SQS keeps messages from 60 seconds to 1,209,600 (14 days)."
  }
}

variable "archive_retention_days" {
  description = "How long the bus' archive keeps events for a replay; 0 is for ever. The sidecar's `outbound.archive_retention`."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.archive_retention_days >= 0 && floor(var.archive_retention_days) == var.archive_retention_days
    error_message = "archive_retention_days is a whole number of days, or 0 for ever."
  }
}

variable "registry" {
  description = "The schema registry, filled with every contract in `folder` (null: those that ship with the sidecar). Null: no registry."
  type = object({
    folder = optional(string)
  })
  default = {}

  validation {
    condition     = try(var.registry.folder, null) == null || try(length(fileset(var.registry.folder, "*/*.json")) > 0, false)
    error_message = "registry.folder must hold contracts as <event type>/<version>.json."
  }
}

variable "lake" {
  description = "A data lake on S3 for every event, by type and day. Null: none."
  type = object({
    bucket                  = string
    infrequent_access_days  = optional(number, 90)
    expiration_days         = optional(number, 730)
    buffering_seconds       = optional(number, 300)
    buffering_megabytes     = optional(number, 64)
    noncurrent_version_days = optional(number, 7)
  })
  default = null

  validation {
    condition     = var.lake == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.lake.bucket))
    error_message = "lake.bucket is a bucket's name: 3 to 63 of a-z, 0-9, . and -."
  }

  # Personal data must not outlive its purpose by accident: for ever has to be said in figures.
  validation {
    condition     = try(var.lake.expiration_days > var.lake.infrequent_access_days && var.lake.infrequent_access_days >= 30, true)
    error_message = "lake.infrequent_access_days is at least 30, and lake.expiration_days more."
  }

  # With dynamic partitioning Firehose takes no smaller buffer.
  validation {
    condition = try(
      var.lake.buffering_megabytes >= 64 && var.lake.buffering_megabytes <= 128 &&
      var.lake.buffering_seconds >= 0 && var.lake.buffering_seconds <= 900,
    true)
    error_message = "lake.buffering_megabytes is 64 to 128, lake.buffering_seconds 0 to 900."
  }
}

variable "alarms" {
  description = "When to wake somebody, and whom. `slo` is about the time from the change to its effect in Directus."
  type = object({
    emails                     = optional(set(string), [])
    oldest_message_age_seconds = optional(number, 300)
    slo = optional(object({
      objective_percent = optional(number, 99)
      good_below_ms     = optional(number, 5000)
    }), {})
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for email in var.alarms.emails : can(regex("^[^@\\s]+@[^@\\s]+$", email))])
    error_message = "alarms.emails are e-mail addresses."
  }

  validation {
    condition     = var.alarms.oldest_message_age_seconds >= 60
    error_message = "alarms.oldest_message_age_seconds is at least 60: SQS measures once a minute."
  }

  # A burn of 14.4 times the budget must be a share of requests that can be reached.
  validation {
    condition     = var.alarms.slo.objective_percent >= 95 && var.alarms.slo.objective_percent < 100 && var.alarms.slo.good_below_ms > 0
    error_message = "alarms.slo.objective_percent is 95 or more and less than 100, alarms.slo.good_below_ms positive."
  }
}

variable "sidecar" {
  description = "The sidecar's container, its roles, secrets and log. Null: none, for whoever runs it elsewhere and attaches the policies there."
  type = object({
    image         = string
    directus_url  = string
    listen        = optional(string, "0.0.0.0:8080")
    admin         = optional(bool, false)
    comprehend    = optional(bool, false)
    drain_seconds = optional(number, 25)
    log_days      = optional(number, 30)
    environment   = optional(map(string), {})
  })
  default = null

  validation {
    condition     = var.sidecar == null || can(regex("[^/]+/.+(:[^:/]+|@sha256:[0-9a-f]{64})$", var.sidecar.image))
    error_message = "sidecar.image names a registry, and a tag or digest: what runs must not change by itself."
  }

  validation {
    condition     = var.sidecar == null || can(regex("^https?://[^/]+", var.sidecar.directus_url))
    error_message = "sidecar.directus_url is the root of the Directus API, http:// or https://."
  }

  validation {
    condition     = var.sidecar == null || can(regex("^[0-9.]+:[0-9]+$", var.sidecar.listen))
    error_message = "sidecar.listen is an address and a port, such as 0.0.0.0:8080."
  }

  # Fargate kills 120 seconds after it told a container to stop, and ten are for what comes after the drain.
  validation {
    condition     = try(var.sidecar.drain_seconds >= 1 && var.sidecar.drain_seconds <= 110, true)
    error_message = "sidecar.drain_seconds is 1 to 110."
  }

  validation {
    condition     = alltrue([for key in keys(try(var.sidecar.environment, {})) : !can(regex("(TOKENS?|SECRETS|PSEUDONYM_KEY)$", key))])
    error_message = "A secret in sidecar.environment would be readable in the task definition: put it into its entry in Secrets Manager."
  }
}

variable "service" {
  description = "The sidecar as an ECS service of its own on Fargate. Null: none, for whoever puts the container into a task of theirs (output `container_definition`)."
  type = object({
    cluster_arn        = string
    subnet_ids         = set(string)
    security_group_ids = set(string)
    namespace_arn      = optional(string)
    cpu                = optional(number, 512)
    memory             = optional(number, 1024)
    copies_min         = optional(number, 2)
    copies_max         = optional(number, 10)
    backlog_per_copy   = optional(number, 500)
    oldest_age_seconds = optional(number, 60)
  })
  default = null

  validation {
    condition     = var.service == null || var.sidecar != null
    error_message = "service needs sidecar: it says what the service runs."
  }

  validation {
    condition     = try(var.service.copies_min >= 1 && var.service.copies_max >= var.service.copies_min, true)
    error_message = "service.copies_min is at least 1, and service.copies_max not less."
  }

  validation {
    condition     = try(length(var.service.subnet_ids) > 0 && length(var.service.security_group_ids) > 0, true)
    error_message = "service needs subnets and security groups."
  }

  validation {
    condition = try(
      contains([256, 512, 1024, 2048, 4096], var.service.cpu) &&
      var.service.memory >= 2 * var.service.cpu && var.service.memory <= 8 * var.service.cpu,
    true)
    error_message = "service.cpu is 256, 512, 1024, 2048 or 4096, and service.memory twice to eight times as much."
  }

  # Scaling out must begin before anybody is woken.
  validation {
    condition     = try(var.service.oldest_age_seconds < var.alarms.oldest_message_age_seconds, true)
    error_message = "service.oldest_age_seconds must be less than alarms.oldest_message_age_seconds."
  }
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
  nullable    = false
}
