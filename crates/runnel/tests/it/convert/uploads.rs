//! Uploads at the desk, with hits that are not there yet.

use super::desk::World;
use rules::ids::EntityId;
use runnel::convert::Upload;
use runnel::store::ledger::{Notify, Unavailable};

#[tokio::test]
async fn a_hit_on_its_way_spoils_its_own_line_of_a_dry_run_and_no_other() {
    let mut world = World::new().await;
    let (coming, here) = (world.offer_hit(), world.offer_hit());
    world.past.remove(coming);
    let upload = Upload {
        event: None,
        notify: Notify::None,
        actor: "somebody",
        operation: EntityId::new(1, 1),
    };
    let lines = format!("{coming}:A, 1\n{here}:B, 2\nnonsense\n{here}:B, 3");
    let calls = world.desk.uploaded(&lines, &upload);
    let shown = world.desk.preview_all(&calls).await.unwrap();
    let shown: Vec<_> = shown.into_iter().map(|one| one.map(|r| r.line())).collect();
    let expected = [
        Err(Unavailable),
        Ok("TEST result=created status=approved rev=2.00".to_owned()),
        Ok("TEST result=unbooked reason=unknown_hit parameter=hit".to_owned()),
        Ok("TEST result=updated status=approved rev=3.00".to_owned()),
    ];
    assert_eq!(shown, expected);
}
