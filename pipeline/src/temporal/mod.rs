use jiff::civil::Date;
pub(crate) fn first_date(_: &str, _: &[crate::entity::Entity], _: Option<Date>) -> Option<Date> {
    None
}
