//! Clicks: each arrives, and none that is not meant.

use super::{call_back, opened, toast};
use crate::harness::notifications::Clicks;
use perezvon_app::toast::{CloseReason, ToastEvent};
use perezvon_desk::toast::Urgency;

async fn every_click_arrives(clicks: Clicks) {
    let (_bus, _server, mut desk) = opened(clicks).await;
    for n in 1..=50 {
        desk.show(toast(n, Urgency::Normal)).await;
        let clicked = ToastEvent::Clicked {
            key: toast(n, Urgency::Normal).key,
            action: call_back(),
            notification_id: n,
            activation_token: None,
        };
        assert_eq!(desk.next().await, clicked, "click {n} of 50");
        assert!(
            matches!(desk.next().await, ToastEvent::Closed { notification_id, reason: CloseReason::Dismissed, .. } if notification_id == n),
            "the end of toast {n}"
        );
    }
}

#[tokio::test]
async fn every_click_arrives_that_comes_before_the_answer() {
    every_click_arrives(Clicks::BeforeAnswer).await;
}

#[tokio::test]
async fn every_click_arrives_that_comes_right_after_the_answer() {
    every_click_arrives(Clicks::AfterAnswer).await;
}
