# Editors → load balancer → Directus → database; from the task to AWS only over TLS.
resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91:Who asked for what is in Directus' own activity; add a bucket where a load balancer's log is wanted, too.
  #checkov:skip=CKV2_AWS_28:A web application firewall is the owner's to choose: its rules depend on who the editors are.
  name                       = var.name
  load_balancer_type         = "application"
  subnets                    = var.public_subnet_ids
  security_groups            = [aws_security_group.balancer.id]
  drop_invalid_header_fields = true
  enable_deletion_protection = true
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.directus.arn
  }
}

resource "aws_lb_target_group" "directus" {
  #checkov:skip=CKV_AWS_378:TLS ends at the load balancer; what is behind it is reached from nowhere else.
  name        = var.name
  vpc_id      = var.vpc_id
  port        = 8055
  protocol    = "HTTP"
  target_type = "ip"

  health_check {
    path    = "/server/ping"
    matcher = "200"
  }
}

resource "aws_security_group" "balancer" {
  name        = "${var.name}-balancer"
  description = "The load balancer of ${var.name}"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "from_editors" {
  description       = "Editors"
  security_group_id = aws_security_group.balancer.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "to_directus" {
  description                  = "Directus"
  security_group_id            = aws_security_group.balancer.id
  referenced_security_group_id = aws_security_group.task.id
  ip_protocol                  = "tcp"
  from_port                    = 8055
  to_port                      = 8055
}

resource "aws_security_group" "task" {
  name        = "${var.name}-task"
  description = "Directus and the sidecar of ${var.name}"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "from_balancer" {
  description                  = "The load balancer"
  security_group_id            = aws_security_group.task.id
  referenced_security_group_id = aws_security_group.balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 8055
  to_port                      = 8055
}

resource "aws_vpc_security_group_egress_rule" "to_database" {
  description                  = "PostgreSQL"
  security_group_id            = aws_security_group.task.id
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "to_aws" {
  description       = "The APIs of AWS, the image registries, and whatever Flows call"
  security_group_id = aws_security_group.task.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "PostgreSQL of ${var.name}"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "from_task" {
  description                  = "Directus"
  security_group_id            = aws_security_group.database.id
  referenced_security_group_id = aws_security_group.task.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}
