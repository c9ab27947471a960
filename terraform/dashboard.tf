# One page from the bus to the last dead letter, in the order in which an event passes.
locals {
  queue_names = [for name in sort(keys(local.routes)) : aws_sqs_queue.route[name].name]

  charts = concat(
    [
      {
        title = "Published and refused (all buses of the region)"
        metrics = [
          ["AWS/Events", "PutEventsEntriesCount", { stat = "Sum", label = "entries" }],
          ["AWS/Events", "PutEventsFailedEntriesCount", { stat = "Sum", label = "refused", color = "#d62728" }],
          ["AWS/Events", "PutEventsApproximateThrottledCount", { stat = "Sum", label = "calls throttled", color = "#ff7f0e" }],
        ]
      },
      {
        title = "Delivered to each queue"
        metrics = [
          for name in sort(keys(local.rules)) :
          ["AWS/Events", "Invocations", "EventBusName", var.name, "RuleName", local.rules[name], { stat = "Sum", label = name }]
        ]
      },
      {
        title = "From the bus to the queue, slowest of a hundred (ms)"
        metrics = [
          for name in sort(keys(local.rules)) :
          ["AWS/Events", "IngestionToInvocationSuccessLatency", "EventBusName", var.name, "RuleName", local.rules[name], { stat = "p99", label = name }]
        ]
      },
      {
        title = "Messages waiting"
        metrics = [
          for queue in local.queue_names :
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue, { stat = "Maximum", label = queue }]
        ]
      },
      {
        title = "Age of the oldest message (s)"
        metrics = [
          for queue in local.queue_names :
          ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue, { stat = "Maximum", label = queue }]
        ]
      },
      {
        title = "Messages at work"
        metrics = [
          for queue in local.queue_names :
          ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", queue, { stat = "Maximum", label = queue }]
        ]
      },
      {
        title = "Dead letters"
        metrics = [
          for name in sort(keys(local.dead_letter_queues)) :
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", local.dead_letter_queues[name], { stat = "Maximum", label = local.dead_letter_queues[name] }]
        ]
      },
      {
        title = "Not delivered"
        metrics = concat([
          for name in sort(keys(local.rules)) :
          ["AWS/Events", "FailedInvocations", "EventBusName", var.name, "RuleName", local.rules[name], { stat = "Sum", label = "${name}: failed" }]
          ], [
          for name in sort(keys(local.rules)) :
          ["AWS/Events", "InvocationsFailedToBeSentToDlq", "EventBusName", var.name, "RuleName", local.rules[name], { stat = "Sum", label = "${name}: lost", color = "#d62728" }]
        ])
      },
    ],
    [
      for name in keys(local.sidecars) : {
        title = "Effects: done, late, and errors"
        metrics = [
          [local.metrics, "Done", { stat = "Sum" }],
          [local.metrics, "Late", { stat = "Sum", color = "#ff7f0e" }],
          [local.metrics, "Errors", { stat = "Sum", color = "#d62728" }],
        ]
      }
    ],
    [
      for name, service in local.services : {
        title = "Copies of the sidecar, and their load (%)"
        metrics = [
          for stat, label in { SampleCount = "copies", Average = "processor" } :
          ["AWS/ECS", "CPUUtilization", "ClusterName", split("/", service.cluster_arn)[1], "ServiceName", aws_ecs_service.sidecar[name].name, { stat = stat, label = label }]
        ]
      }
    ],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [
      for index, chart in local.charts : {
        type   = "metric"
        x      = index % 3 * 8
        y      = floor(index / 3) * 6
        width  = 8
        height = 6
        properties = {
          title   = chart.title
          metrics = chart.metrics
          region  = local.region
          period  = 60
          view    = "timeSeries"
        }
      }
    ]
  })
}
