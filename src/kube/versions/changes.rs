//! Changes of the server's rules that no field and no kind shows: what a newer version takes or refuses although
//! both have the field and read it.

macro_rules! changes {
    ($($(#[doc = $doc:literal])+ $name:ident $since:literal $gate:literal,)*) => {
        /// A change of the server's rules.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Change {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Change {
            /// The minor version whose servers follow it by default.
            #[must_use]
            pub const fn since(self) -> u8 {
                match self { $(Self::$name => $since,)* }
            }

            /// The feature gate that brought it; empty where it came without one.
            #[must_use]
            pub const fn gate(self) -> &'static str {
                match self { $(Self::$name => $gate,)* }
            }

            /// All changes.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

changes! {
    /// Pods with `hostUsers: false` have no block devices.
    NoDevicesInUserNamespace 34 "",
    /// Templates of stateful sets are judged as those of other controllers, their claim templates too.
    StatefulTemplates 34 "",
    /// Autoscalers name the API group of what they scale, in a version that can be read.
    ScaledApiVersion 34 "",
    /// Patterns of Pod conditions in the Jobs of a `CronJob` have the default status `True`.
    PodConditionDefaults 34 "",
    /// `PreferSameZone` and `PreferSameNode` of Services.
    PreferSameTraffic 34 "PreferSameTrafficDistribution",
    /// Keys of `matchLabelKeys` in a topology spread that a Pod's labels have become part of its selector.
    SpreadSelectorMerge 34 "MatchLabelKeysInPodTopologySpreadSelectorMerge",
    /// What has no effect on a headless Service is warned about.
    HeadlessWarnings 34 "",
    /// An annotation of `AppArmor` is not warned about if the profile of the Pod is the same.
    AppArmorOfPod 34 "",
    /// Constraints of devices have `matchAttribute` or `distinctAttribute`; before, they needed `matchAttribute`.
    DistinctAttributes 36 "DRAConsumableCapacity",
    /// Formats of numbers in schemas are checked, and those that the server does not know warned about.
    NumberFormats 36 "",
    /// Formats of texts in schemas that the server does not know are warned about.
    UnknownFormatsWarned 34 "",
    /// Sets of maps or lists in schemas are warned about.
    SetsOfScalars 37 "",
    /// Rules of restarting are a field behind a gate: while that is off, they and the policies that came with them
    /// are dropped unread. Before, such policies were refused.
    RestartRulesDropped 34 "",
    /// `restartPolicy` of ordinary containers, and of init containers other than `Always`.
    RestartRules 35 "ContainerRestartRules",
    /// `PreferClose` is warned about.
    PreferCloseDeprecated 35 "",
    /// A CSI driver is warned to ask for its tokens in secrets.
    TokensInSecrets 35 "CSIServiceAccountTokenSecrets",
    /// `RestartAllContainers`, and rules of restarting for sidecars.
    RestartAllContainers 36 "RestartAllContainersOnContainerExits",
    /// Names of Services that begin with a digit, also in an Ingress.
    RelaxedServiceNames 36 "RelaxedServiceNameValidation",
    /// Addresses with leading zeroes, of IPv4 written as IPv6, and ranges with bits behind their length are refused.
    StrictAddresses 36 "StrictIPCIDRValidation",
    /// `externalIPs` is warned about.
    ExternalAddressesDeprecated 36 "",
    /// Ordinary init containers cannot be restarted to resize them.
    NoRestartToResizeInit 36 "",
    /// Autoscalers of external metrics or those of objects scale to zero.
    ScaleToZero 37 "HPAScaleToZero",
    /// `MountOption` as the way in which labels of `SELinux` change.
    SeLinuxMountOption 37 "SELinuxMount",
    /// A Pod's negative grace period is taken for one second before anything warns.
    GracePeriodDefault 37 "",
    /// The domain of a device's attribute is in lower case.
    LowerCaseAttributes 37 "",
    /// Configuration of admission whose name ends in `.static.k8s.io` is warned about.
    StaticNamesWarned 36 "",
    /// And refused.
    StaticNamesReserved 37 "ManifestBasedAdmissionControlConfig",
    /// Webhooks are not asked about reviews, and rules that name them are warned about.
    WebhooksSkipReviews 37 "ExcludeAdmissionWebhookVirtualResources",
    /// Templates too need a reference in a volume of type `image`.
    ImageReferenceInTemplates 37 "",
}

#[cfg(test)]
mod tests {
    use super::super::{minor, rows};
    use super::*;

    #[test]
    fn gates_agree() {
        let gates: Vec<Vec<&str>> = rows(include_str!("gates.txt")).collect();
        for change in Change::ALL.iter().filter(|change| !change.gate().is_empty()) {
            let on = gates.iter().find(|row| row[0] == change.gate()).and_then(|row| minor(row[1]));
            assert_eq!(on, Some(change.since()), "{change:?}");
        }
    }
}
