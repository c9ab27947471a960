//! The archive of a bus, and the replays of it.

use aws_sdk_eventbridge::{
    error::ProvideErrorMetadata as _,
    operation::create_archive::CreateArchiveError,
    primitives::DateTime,
    types::{ReplayDestination, ReplayState as State},
};
use jiff::Timestamp;

use super::{Bus, transient};
use crate::delivery::DeliveryError;

/// The code of a name that nothing has.
const NOT_FOUND: &str = "ResourceNotFoundException";

/// Which part of the archive is sent again, and where to.
#[derive(Debug, Clone)]
pub struct ReplayRequest {
    /// What EventBridge writes on every event that it sends again.
    pub name: String,
    /// The events that happened from then…
    pub from: Timestamp,
    /// … to then.
    pub to: Timestamp,
    /// The ARNs of the rules that see them.
    pub rules: Vec<String>,
}

/// How far a replay is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Whether it goes on.
    pub state: ReplayState,
    /// The time of the event that was sent last.
    pub reached: Option<Timestamp>,
}

/// Whether a replay goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplayState {
    /// Starting, or sending.
    Running,
    /// Everything was sent.
    Completed,
    /// It ended before everything was sent, for this reason.
    Ended(String),
}

impl Bus {
    /// Creates the archive of everything on the bus, or sets for how many days it keeps an event; 0
    /// is for ever.
    pub async fn provision_archive(&self, days: i32) -> Result<(), DeliveryError> {
        let create = self.client.create_archive().archive_name(&self.name);
        let create = create.event_source_arn(self.arn().await?).retention_days(days);
        let Err(error) = create.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(CreateArchiveError::ResourceAlreadyExistsException(_)) => {
                let update = self.client.update_archive().archive_name(&self.name);
                update.retention_days(days).send().await.map_err(transient)?;
                Ok(())
            }
            _ => Err(transient(error)),
        }
    }

    /// The ARN of one of the bus' rules, if there is such a rule.
    pub async fn rule_arn(&self, rule: &str) -> Result<Option<String>, DeliveryError> {
        let describe = self.client.describe_rule().event_bus_name(&self.name).name(rule);
        match describe.send().await {
            Ok(output) => Ok(output.arn),
            Err(error) if error.code() == Some(NOT_FOUND) => Ok(None),
            Err(error) => Err(transient(error)),
        }
    }

    /// Lets EventBridge begin to send a part of the archive again; `false` when there is no archive.
    pub async fn start_replay(&self, request: &ReplayRequest) -> Result<bool, DeliveryError> {
        let archive = self.client.describe_archive().archive_name(&self.name).send().await;
        let archive = match archive {
            Ok(output) => output.archive_arn,
            Err(error) if error.code() == Some(NOT_FOUND) => return Ok(false),
            Err(error) => return Err(transient(error)),
        };
        let destination = ReplayDestination::builder()
            .arn(self.arn().await?)
            .set_filter_arns(Some(request.rules.clone()))
            .build()
            .expect("the ARN is set");
        self.client
            .start_replay()
            .replay_name(&request.name)
            .set_event_source_arn(archive)
            .event_start_time(DateTime::from_secs(request.from.as_second()))
            .event_end_time(DateTime::from_secs(request.to.as_second()))
            .destination(destination)
            .send()
            .await
            .map_err(transient)?;
        Ok(true)
    }

    /// How far the replay of this name is.
    pub async fn replay(&self, name: &str) -> Result<Replay, DeliveryError> {
        let output =
            self.client.describe_replay().replay_name(name).send().await.map_err(transient)?;
        let reason = || output.state_reason().unwrap_or("EventBridge gives no reason").to_owned();
        let state = match output.state() {
            Some(State::Completed) => ReplayState::Completed,
            Some(State::Failed) => ReplayState::Ended(reason()),
            Some(State::Cancelled | State::Cancelling) => {
                ReplayState::Ended("it was cancelled".to_owned())
            }
            _ => ReplayState::Running,
        };
        let reached = output.event_last_replayed_time();
        let reached = reached.and_then(|time| Timestamp::from_second(time.secs()).ok());
        Ok(Replay { state, reached })
    }

    async fn arn(&self) -> Result<String, DeliveryError> {
        let output =
            self.client.describe_event_bus().name(&self.name).send().await.map_err(transient)?;
        output.arn.ok_or_else(|| DeliveryError::Transient("a bus without an ARN".into()))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_eventbridge::{
        Client,
        operation::{
            create_archive::{CreateArchiveError, CreateArchiveOutput},
            describe_archive::{DescribeArchiveError, DescribeArchiveOutput},
            describe_event_bus::DescribeEventBusOutput,
            describe_replay::DescribeReplayOutput,
            start_replay::StartReplayOutput,
            update_archive::UpdateArchiveOutput,
        },
        types::error::{ResourceAlreadyExistsException, ResourceNotFoundException},
    };
    use aws_smithy_mocks::{Rule, mock, mock_client};

    use super::*;
    use crate::outbound::eventbridge::testing::bus;

    fn the_bus() -> Rule {
        mock!(Client::describe_event_bus)
            .then_output(|| DescribeEventBusOutput::builder().arn("arn:bus").build())
    }

    fn request() -> ReplayRequest {
        ReplayRequest {
            name: "november".to_owned(),
            from: "2026-11-21T10:00:00Z".parse().unwrap(),
            to: "2026-11-21T11:00:00Z".parse().unwrap(),
            rules: vec!["arn:rule".to_owned()],
        }
    }

    #[tokio::test]
    async fn the_archive_is_of_the_bus_and_keeps_what_it_is_told_to() {
        let create = mock!(Client::create_archive)
            .match_requests(|request| {
                request.event_source_arn() == Some("arn:bus")
                    && request.retention_days() == Some(30)
            })
            .then_output(|| CreateArchiveOutput::builder().build());
        let bus = bus(mock_client!(aws_sdk_eventbridge, [&the_bus(), &create]));

        bus.provision_archive(30).await.unwrap();

        assert_eq!(create.num_calls(), 1);
    }

    #[tokio::test]
    async fn an_archive_that_is_there_learns_how_long_it_keeps_events() {
        let create = mock!(Client::create_archive).then_error(|| {
            let exists = ResourceAlreadyExistsException::builder().build();
            CreateArchiveError::ResourceAlreadyExistsException(exists)
        });
        let update = mock!(Client::update_archive)
            .match_requests(|request| request.retention_days() == Some(0))
            .then_output(|| UpdateArchiveOutput::builder().build());
        let bus = bus(mock_client!(aws_sdk_eventbridge, [&the_bus(), &create, &update]));

        bus.provision_archive(0).await.unwrap();

        assert_eq!(update.num_calls(), 1);
    }

    #[tokio::test]
    async fn a_replay_goes_to_the_rules_that_were_asked_for_and_to_no_others() {
        let archive = mock!(Client::describe_archive)
            .then_output(|| DescribeArchiveOutput::builder().archive_arn("arn:archive").build());
        let start = mock!(Client::start_replay)
            .match_requests(|request| {
                let to = request.destination().unwrap();
                request.event_source_arn() == Some("arn:archive")
                    && to.arn() == "arn:bus"
                    && to.filter_arns() == ["arn:rule"]
                    && request.event_end_time().unwrap().secs()
                        - request.event_start_time().unwrap().secs()
                        == 3600
            })
            .then_output(|| StartReplayOutput::builder().build());
        let bus = bus(mock_client!(aws_sdk_eventbridge, [&archive, &the_bus(), &start]));

        assert!(bus.start_replay(&request()).await.unwrap());
    }

    #[tokio::test]
    async fn without_an_archive_nothing_is_started() {
        let archive = mock!(Client::describe_archive).then_error(|| {
            let metadata =
                aws_sdk_eventbridge::error::ErrorMetadata::builder().code(NOT_FOUND).build();
            let missing = ResourceNotFoundException::builder().meta(metadata).build();
            DescribeArchiveError::ResourceNotFoundException(missing)
        });
        let bus = bus(mock_client!(aws_sdk_eventbridge, [&archive]));

        assert!(!bus.start_replay(&request()).await.unwrap());
    }

    #[rstest::rstest]
    #[case(State::Starting, ReplayState::Running)]
    #[case(State::Running, ReplayState::Running)]
    #[case(State::Completed, ReplayState::Completed)]
    #[case(State::Failed, ReplayState::Ended("quota".to_owned()))]
    #[case(State::Cancelling, ReplayState::Ended("it was cancelled".to_owned()))]
    #[tokio::test]
    async fn a_replay_tells_whether_it_goes_on(
        #[case] state: State,
        #[case] expected: ReplayState,
    ) {
        let describe = mock!(Client::describe_replay).then_output(move || {
            DescribeReplayOutput::builder().state(state.clone()).state_reason("quota").build()
        });
        let bus = bus(mock_client!(aws_sdk_eventbridge, [&describe]));

        assert_eq!(bus.replay("november").await.unwrap().state, expected);
    }
}
